// A gas sensor that goes on learning: three analog channels are told apart into "air" and "gas". While the button on pin 2 is
// held, every reading is taught as gas, while the one on pin 3 is held, as air; else the board says what it makes of them.
//
// drift.h is the network; README.md says how to make your own.

#include "drift.h"

const int GAS = 2, AIR = 3;

void setup() {
  Serial.begin(115200);
  pinMode(GAS, INPUT_PULLUP);
  pinMode(AIR, INPUT_PULLUP);
  Serial.println(drift_self_test() ? "ready" : "this compiler gives other numbers than the PC");
}

void loop() {
  const float x[DRIFT_INPUTS] = {float(analogRead(A0)), float(analogRead(A1)), float(analogRead(A2))};
  int32_t answer;
  if (digitalRead(GAS) == LOW) {
    answer = drift_learn(x, 1);  // classes have the order of their names: air, gas
  } else if (digitalRead(AIR) == LOW) {
    answer = drift_learn(x, 0);
  } else {
    answer = drift_predict(x);
  }
  Serial.println(drift_class_name(answer));
  delay(100);
}
