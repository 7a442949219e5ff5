// As the sketch Drift; and what was learned survives the power: it is saved when the button on pin 4 is pressed, and taken back at
// the start. A cell of an AVR's EEPROM endures 100,000 writes. For AVR, Uno R4, ESP8266, ESP32 and RP2040; a SAMD board has no EEPROM.

#include <EEPROM.h>
#include <OpenloopEEPROM.h>
#include "drift.h"

const int GAS = 2, AIR = 3, SAVE = 4;

void setup() {
  Serial.begin(115200);
  pinMode(GAS, INPUT_PULLUP);
  pinMode(AIR, INPUT_PULLUP);
  pinMode(SAVE, INPUT_PULLUP);
  OPENLOOP_EEPROM_BEGIN(DRIFT_SAVE_BYTES);
  const int32_t loaded = drift_load_from(openloop_get<EEPROMClass>, &EEPROM);
  Serial.println(loaded > 0 ? "goes on with what it learned" : "starts as it was exported");
}

void loop() {
  const float x[DRIFT_INPUTS] = {float(analogRead(A0)), float(analogRead(A1)), float(analogRead(A2))};
  if (digitalRead(GAS) == LOW) {
    drift_learn(x, 1);  // classes have the order of their names: air, gas
  } else if (digitalRead(AIR) == LOW) {
    drift_learn(x, 0);
  }
  if (digitalRead(SAVE) == LOW && drift_save_to(openloop_put<EEPROMClass>, &EEPROM) > 0) {
    OPENLOOP_EEPROM_COMMIT();
    Serial.println("saved");
    delay(1000);
  }
  Serial.println(drift_class_name(drift_predict(x)));
  delay(100);
}
