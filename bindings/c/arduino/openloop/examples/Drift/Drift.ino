// A gas sensor that goes on learning: three analog channels are told apart into "air" and "gas". While the button on pin 2 is
// held, every reading is taught as gas, while the one on pin 3 is held, as air; else the board says what it makes of them.

#include <Openloop.h>

const uint32_t INPUTS = 3, HIDDEN = 8, CLASSES = 2;
const uint32_t WEIGHTS = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * CLASSES;
const int GAS = 2, AIR = 3;

alignas(8) uint8_t memory[OPENLOOP_MEMORY_BYTES(2, INPUTS, WEIGHTS, HIDDEN, CLASSES)];
openloop_model *model = nullptr;

void stopIfNot(openloop_status status) {
  if (status == OPENLOOP_OK) {
    return;
  }
  Serial.println(openloop_status_text(status));
  while (true) {
    delay(1000);
  }
}

void setup() {
  Serial.begin(115200);
  pinMode(GAS, INPUT_PULLUP);
  pinMode(AIR, INPUT_PULLUP);
  const uint32_t sizes[] = {INPUTS, HIDDEN, CLASSES};
  openloop_config config = {};
  config.sizes = sizes;
  config.size_count = 3;
  config.arithmetic = OPENLOOP_ARITHMETIC_F32;
  config.rule = OPENLOOP_RULE_LOCAL_ERROR;
  config.activation = OPENLOOP_ACTIVATION_TANH;
  config.loss = OPENLOOP_LOSS_CROSS_ENTROPY;
  config.hidden_rate = 0.1f;
  config.output_rate = 0.03f;
  config.seed = 1;
  stopIfNot(openloop_init(memory, sizeof memory, &config, &model));
  // readings go from 0 to 1023: bring them to about -1 to 1
  const float offset[INPUTS] = {512.0f, 512.0f, 512.0f};
  const float scale[INPUTS] = {1.0f / 512.0f, 1.0f / 512.0f, 1.0f / 512.0f};
  stopIfNot(openloop_standardise(model, offset, scale, INPUTS));
}

void loop() {
  const float x[INPUTS] = {float(analogRead(A0)), float(analogRead(A1)), float(analogRead(A2))};
  uint32_t label = 0;
  if (digitalRead(GAS) == LOW || digitalRead(AIR) == LOW) {
    stopIfNot(openloop_learn(model, x, INPUTS, digitalRead(GAS) == LOW ? 1 : 0));
  }
  stopIfNot(openloop_predict(model, x, INPUTS, nullptr, 0, &label));
  Serial.println(label == 1 ? "gas" : "air");
  delay(100);
}
