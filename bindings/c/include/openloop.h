/* Openloop: neural networks that learn on the device, in memory that the caller gives. MIT or Apache-2.0.
 * Made by cbindgen from bindings/c; docs/device.md tells how to use it.
 *
 * Every function returns a status. With any other than OPENLOOP_OK nothing was written, except the counters and the memory that
 * openloop_init and openloop_open were to make a model in; openloop_store and openloop_restore say what they leave.
 * A model is used by one thread at a time. Nothing is allocated, and nothing is kept outside the model's memory. */

#ifndef OPENLOOP_H
#define OPENLOOP_H

#include <stdint.h>

/**
 * What a call came to. Anything but `OPENLOOP_OK` means that nothing was written, but for the counters.
 */
enum openloop_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Done.
   */
  OPENLOOP_OK = 0,
  /**
   * A pointer that must not be null is null.
   */
  OPENLOOP_NULL_POINTER = 1,
  /**
   * The memory does not start at a multiple of 8 bytes.
   */
  OPENLOOP_MISALIGNED = 2,
  /**
   * The memory or buffer is smaller than is needed.
   */
  OPENLOOP_TOO_SMALL = 3,
  /**
   * The pointer is to no model that openloop_init or openloop_open made, or its memory was overwritten.
   */
  OPENLOOP_NOT_A_MODEL = 4,
  /**
   * A number of the configuration stands for nothing, or a rate is negative or not finite.
   */
  OPENLOOP_BAD_CONFIG = 5,
  /**
   * The layers make no network: each needs an input and an output.
   */
  OPENLOOP_BAD_NETWORK = 6,
  /**
   * Devices have no such layer, rule or loss in this arithmetic.
   */
  OPENLOOP_NOT_ON_DEVICE = 7,
  /**
   * The network is larger than this library allows.
   */
  OPENLOOP_TOO_LARGE = 8,
  /**
   * The number of values is not the network's.
   */
  OPENLOOP_WRONG_LENGTH = 9,
  /**
   * An input is infinite or not a number; the sample was refused and counted.
   */
  OPENLOOP_INPUT_NOT_FINITE = 10,
  /**
   * The label is not smaller than the number of outputs.
   */
  OPENLOOP_BAD_LABEL = 11,
  /**
   * The bytes do not start as a blob does.
   */
  OPENLOOP_NOT_A_BLOB = 12,
  /**
   * The blob's bytes come in the wrong order.
   */
  OPENLOOP_OTHER_BYTE_ORDER = 13,
  /**
   * The blob is of a version that this library does not read.
   */
  OPENLOOP_OTHER_VERSION = 14,
  /**
   * Part of the blob is missing.
   */
  OPENLOOP_TRUNCATED = 15,
  /**
   * The blob's checksum does not fit: a bit of it was changed.
   */
  OPENLOOP_BAD_CHECKSUM = 16,
  /**
   * The blob contradicts itself.
   */
  OPENLOOP_MALFORMED = 17,
  /**
   * The blob's network, rule or arithmetic is not that of the model it is loaded into.
   */
  OPENLOOP_OTHER_NETWORK = 18,
  /**
   * None of the slots holds a whole blob.
   */
  OPENLOOP_NOTHING_SAVED = 19,
  /**
   * A weight is infinite or not a number, so there is nothing worth saving.
   */
  OPENLOOP_STATE_NOT_FINITE = 20,
  /**
   * Two pointers share bytes, and the call would write some of them.
   */
  OPENLOOP_OVERLAP = 21,
  /**
   * No learning step was begun, or another call ended it.
   */
  OPENLOOP_NOTHING_BEGUN = 22,
  /**
   * The model was made without room for a standardisation.
   */
  OPENLOOP_NO_STANDARDISATION = 23,
  /**
   * The slots are no whole sectors of the flash, or are no multiples of 32 bytes.
   */
  OPENLOOP_BAD_FLASH = 24,
  /**
   * A function of the flash driver gave something other than 0.
   */
  OPENLOOP_FLASH_FAILED = 25,
  /**
   * The flash does not hold what was written to it.
   */
  OPENLOOP_NOT_STORED = 26,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum openloop_status openloop_status;
#else
typedef uint32_t openloop_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What teaches the hidden layers.
 */
enum openloop_rule
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Backpropagation.
   */
  OPENLOOP_RULE_BP = 0,
  /**
   * Feedback alignment; in f32 only.
   */
  OPENLOOP_RULE_FA = 1,
  /**
   * Direct feedback alignment.
   */
  OPENLOOP_RULE_DFA = 2,
  /**
   * Direct feedback alignment by the error's sign.
   */
  OPENLOOP_RULE_SDFA = 3,
  /**
   * Direct random target projection.
   */
  OPENLOOP_RULE_DRTP = 4,
  /**
   * Hidden layers stay as they were drawn.
   */
  OPENLOOP_RULE_SHALLOW = 5,
  /**
   * Local error through a fixed random readout.
   */
  OPENLOOP_RULE_LOCAL_ERROR = 6,
  /**
   * Local error by the margin over the strongest rival class.
   */
  OPENLOOP_RULE_LOCAL_HINGE = 8,
  /**
   * Direct random target projection of samples that are not yet right; in int8 only.
   */
  OPENLOOP_RULE_DRTP_GATED = 9,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum openloop_rule openloop_rule;
#else
typedef uint32_t openloop_rule;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * How a network calculates.
 */
enum openloop_arithmetic
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Single-precision floating point.
   */
  OPENLOOP_ARITHMETIC_F32 = 0,
  /**
   * Eight-bit weights and activations.
   */
  OPENLOOP_ARITHMETIC_INT8 = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum openloop_arithmetic openloop_arithmetic;
#else
typedef uint32_t openloop_arithmetic;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a hidden layer does to its sums.
 */
enum openloop_activation
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Hyperbolic tangent.
   */
  OPENLOOP_ACTIVATION_TANH = 1,
  /**
   * Logistic function.
   */
  OPENLOOP_ACTIVATION_SIGMOID = 2,
  /**
   * Rectified linear unit.
   */
  OPENLOOP_ACTIVATION_RELU = 3,
  /**
   * Leaky rectified linear unit, of slope 0.01 below 0.
   */
  OPENLOOP_ACTIVATION_LEAKY_RELU = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum openloop_activation openloop_activation;
#else
typedef uint32_t openloop_activation;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What the output is held against.
 */
enum openloop_loss
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Binary cross-entropy; the outputs are sigmoids.
   */
  OPENLOOP_LOSS_BINARY_CROSS_ENTROPY = 0,
  /**
   * Cross-entropy; the outputs are probabilities that sum to 1.
   */
  OPENLOOP_LOSS_CROSS_ENTROPY = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum openloop_loss openloop_loss;
#else
typedef uint32_t openloop_loss;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * A network and everything it works on: an opaque head, followed in the same memory by what it needs.
 */
typedef struct openloop_model openloop_model;

/**
 * A network of dense layers and how it learns. Zero is a sensible value for half_after, standardise, store_feedback, seed and,
 * in f32, input_bits.
 */
typedef struct openloop_config {
  /**
   * `size_count` numbers: inputs, neurons of each hidden layer, outputs.
   */
  const uint32_t *sizes;
  /**
   * At least 2, at most 65.
   */
  uint32_t size_count;
  /**
   * An openloop_arithmetic.
   */
  uint32_t arithmetic;
  /**
   * An openloop_rule.
   */
  uint32_t rule;
  /**
   * An openloop_activation, that of the hidden layers; in int8 OPENLOOP_ACTIVATION_TANH.
   */
  uint32_t activation;
  /**
   * An openloop_loss; in int8 OPENLOOP_LOSS_CROSS_ENTROPY.
   */
  uint32_t loss;
  /**
   * In int8: a (standardised) input of x is taken as x 2^input_bits, at most 14; else 0.
   */
  uint32_t input_bits;
  /**
   * Learning rate of the hidden layers at the start.
   */
  float hidden_rate;
  /**
   * Learning rate of the output layer at the start.
   */
  float output_rate;
  /**
   * Samples after which the rates are half of what they were at the start; 0: they stay.
   */
  uint32_t half_after;
  /**
   * Not 0 to keep room for a standardisation of the inputs, 8 bytes an input; see openloop_standardise.
   */
  uint32_t standardise;
  /**
   * In f32: not 0 to keep the fixed random matrices in memory; 0 to draw them again from the seed for every sample.
   */
  uint32_t store_feedback;
  /**
   * Seed of everything random.
   */
  uint64_t seed;
} openloop_config;

/**
 * What a network answered to a sample that it learned from, before it learned.
 */
typedef struct openloop_outcome {
  /**
   * The class of the largest output.
   */
  uint32_t label;
  /**
   * The output of the right class, between 0 and 1: under cross-entropy the loss is -ln of it.
   */
  float right;
} openloop_outcome;

/**
 * The answer to a sample.
 */
typedef struct openloop_answer {
  /**
   * The class of the largest output.
   */
  uint32_t label;
  /**
   * That output, between 0 and 1: under cross-entropy the probability of the class.
   */
  float confidence;
  /**
   * 1, or 0 where the confidence is less than the threshold of openloop_set_threshold.
   */
  uint32_t sure;
} openloop_answer;

/**
 * A NOR flash with two slots for a model's state, one after the other. Each function gets `context` first and gives 0 when all is
 * done; none of them may call this library with the same model. Erased bytes are 0xFF.
 */
typedef struct openloop_flash {
  /**
   * Reads `count` bytes from `offset` on, at most 32, from a multiple of 32.
   */
  int32_t (*read)(void *context, uint32_t offset, uint8_t *bytes, uint32_t count);
  /**
   * Writes 32 bytes at `offset`, a multiple of 32, where all was erased, the first word first.
   */
  int32_t (*write)(void *context, uint32_t offset, const uint8_t *bytes, uint32_t count);
  /**
   * Erases `count` bytes from `offset` on: whole sectors.
   */
  int32_t (*erase)(void *context, uint32_t offset, uint32_t count);
  /**
   * For the functions.
   */
  void *context;
  /**
   * Where the first slot starts; a multiple of `sector_size`.
   */
  uint32_t start;
  /**
   * Bytes of a slot: a multiple of `sector_size` that is not smaller than openloop_saved_size.
   */
  uint32_t slot_size;
  /**
   * Bytes that are erased at once; a multiple of 32.
   */
  uint32_t sector_size;
} openloop_flash;

/**
 * What went on so far.
 */
typedef struct openloop_counters {
  /**
   * Samples learned from since the weights were drawn, on any device or PC.
   */
  uint64_t samples;
  /**
   * Samples refused because an input was infinite or not a number, since the model was made.
   */
  uint32_t refused;
  /**
   * Sums and steps that were not a number and were left out, since the model was made.
   */
  uint32_t not_finite;
  /**
   * Sums, or in int8 changes of weights, that went beyond their range, since the model was made.
   */
  uint32_t saturated;
} openloop_counters;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Bytes of memory that openloop_init needs for this configuration.
 *
 * # Safety
 * `config` and its `sizes` are readable, `bytes` is writable.
 */
openloop_status openloop_size(const struct openloop_config *config, uint32_t *bytes);

/**
 * Makes a model with freshly drawn weights in `memory`, which must start at a multiple of 8 bytes.
 *
 * # Safety
 * `memory` is `bytes` bytes that nothing else uses as long as the model is; `config` and its `sizes` are readable, `model`
 * is writable.
 */
openloop_status openloop_init(void *memory,
                              uint32_t bytes,
                              const struct openloop_config *config,
                              struct openloop_model **model);

/**
 * Draws the weights of openloop_init again: nothing is learned any more. Standardisation, rates and threshold stay.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open.
 */
openloop_status openloop_reset(struct openloop_model *model);

/**
 * Standardises every later input as (x - offset) scale, bounded to 8 deviations so that a single wrong reading does no lasting
 * harm; `count` is the number of inputs. Offsets of 0 and scales of 1 leave inputs as they come. The configuration must have
 * `standardise`.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `offset` and `scale` are `count` readable values.
 */
openloop_status openloop_standardise(struct openloop_model *model,
                                     const float *offset,
                                     const float *scale,
                                     uint32_t count);

/**
 * Other learning rates at the start. With half_after they go on falling from there by the samples learned from.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open.
 */
openloop_status openloop_set_rates(struct openloop_model *model,
                                   float hidden_rate,
                                   float output_rate);

/**
 * Answers of less confidence than this, between 0 and 1, say that they are not sure. 0 at the start: every answer is sure. It is not
 * saved.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open.
 */
openloop_status openloop_set_threshold(struct openloop_model *model,
                                       float confidence);

/**
 * Bytes of memory that openloop_open needs for this blob.
 *
 * # Safety
 * `blob` is `length` readable bytes, `needed` is writable.
 */
openloop_status openloop_open_size(const uint8_t *blob,
                                   uint32_t length,
                                   uint32_t store_feedback,
                                   uint32_t *needed);

/**
 * Makes the model of a blob in `memory`, which must start at a multiple of 8 bytes. `store_feedback` as in the
 * configuration.
 *
 * # Safety
 * `memory` is `memory_bytes` bytes that nothing else uses as long as the model is; `blob` is `length` readable bytes; `model` is
 * writable.
 */
openloop_status openloop_open(void *memory,
                              uint32_t memory_bytes,
                              const uint8_t *blob,
                              uint32_t length,
                              uint32_t store_feedback,
                              struct openloop_model **model);

/**
 * Learns from one sample. `outcome` is what the network answered before; null where nobody wants to know.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `x` is `inputs` readable values; `outcome` is null or writable.
 */
openloop_status openloop_learn(struct openloop_model *model,
                               const float *x,
                               uint32_t inputs,
                               uint32_t label,
                               struct openloop_outcome *outcome);

/**
 * The same from whole numbers, as a camera or a converter gives them: each is taken as that number, and standardised.
 *
 * # Safety
 * As for openloop_learn.
 */
openloop_status openloop_learn_u8(struct openloop_model *model,
                                  const uint8_t *x,
                                  uint32_t inputs,
                                  uint32_t label,
                                  struct openloop_outcome *outcome);

/**
 * The same in int8 from what the network works on, without a copy: x stands for x / 2^input_bits, and is not standardised.
 *
 * # Safety
 * As for openloop_learn.
 */
openloop_status openloop_learn_i8(struct openloop_model *model,
                                  const int8_t *x,
                                  uint32_t inputs,
                                  uint32_t label,
                                  struct openloop_outcome *outcome);

/**
 * Begins a learning step that is taken in parts, for a program that has other things to do in between: checks everything, copies the
 * sample and changes no weight. openloop_advance does the parts. Any other call that learns, answers or loads ends the step.
 *
 * # Safety
 * As for openloop_learn.
 */
openloop_status openloop_begin(struct openloop_model *model,
                               const float *x,
                               uint32_t inputs,
                               uint32_t label);

/**
 * The same as openloop_learn_u8 takes its inputs.
 *
 * # Safety
 * As for openloop_learn.
 */
openloop_status openloop_begin_u8(struct openloop_model *model,
                                  const uint8_t *x,
                                  uint32_t inputs,
                                  uint32_t label);

/**
 * The same as openloop_learn_i8 takes its inputs.
 *
 * # Safety
 * As for openloop_learn.
 */
openloop_status openloop_begin_i8(struct openloop_model *model,
                                  const int8_t *x,
                                  uint32_t inputs,
                                  uint32_t label);

/**
 * One part of the step that was begun: a layer answers, learns, or does both. `more` is 1 while there are further parts; the last one
 * writes 0, and what the network answered into `outcome`, which may be null. In int8 a step is one part.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `more` is writable; `outcome` is null or writable.
 */
openloop_status openloop_advance(struct openloop_model *model,
                                 uint32_t *more,
                                 struct openloop_outcome *outcome);

/**
 * Answers a sample: the class with its confidence, and all outputs in `y`. `answer` may be null, and so may `y` with 0 `outputs`.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `x` is `inputs` readable values, `y` null or `outputs` writable ones, `answer`
 * null or writable.
 */
openloop_status openloop_predict(struct openloop_model *model,
                                 const float *x,
                                 uint32_t inputs,
                                 float *y,
                                 uint32_t outputs,
                                 struct openloop_answer *answer);

/**
 * The same as openloop_learn_u8 takes its inputs.
 *
 * # Safety
 * As for openloop_predict.
 */
openloop_status openloop_predict_u8(struct openloop_model *model,
                                    const uint8_t *x,
                                    uint32_t inputs,
                                    float *y,
                                    uint32_t outputs,
                                    struct openloop_answer *answer);

/**
 * The same as openloop_learn_i8 takes its inputs.
 *
 * # Safety
 * As for openloop_predict.
 */
openloop_status openloop_predict_i8(struct openloop_model *model,
                                    const int8_t *x,
                                    uint32_t inputs,
                                    float *y,
                                    uint32_t outputs,
                                    struct openloop_answer *answer);

/**
 * Bytes that openloop_save needs for this model.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `bytes` is writable.
 */
openloop_status openloop_saved_size(struct openloop_model *model, uint32_t *bytes);

/**
 * Writes the model into a blob, with the next sequence number, and its length into `written`.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `blob` is `capacity` writable bytes, `written` is writable.
 */
openloop_status openloop_save(struct openloop_model *model,
                              uint8_t *blob,
                              uint32_t capacity,
                              uint32_t *written);

/**
 * Reads a blob into a model of the same network, rule and arithmetic; bytes after the blob do not matter.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `blob` is `length` readable bytes.
 */
openloop_status openloop_load(struct openloop_model *model, const uint8_t *blob, uint32_t length);

/**
 * Which of two slots, 0 or 1, holds the later save. A program that always saves to the other one loses nothing when the
 * power fails.
 *
 * # Safety
 * `first` and `second` are as many readable bytes as is said; `which` is writable.
 */
openloop_status openloop_newer(const uint8_t *first,
                               uint32_t first_length,
                               const uint8_t *second,
                               uint32_t second_length,
                               uint32_t *which);

/**
 * Saves the model into that of two slots in flash which does not hold the newest state, without a buffer: erases it, writes it in
 * pieces of 32 bytes, and reads it back. Power may fail at any moment: the state before is still there.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `flash` is readable, its functions do what the struct says and do not use the model.
 */
openloop_status openloop_store(struct openloop_model *model,
                               const struct openloop_flash *flash);

/**
 * Loads the newest state of two slots in flash into a model of the same network, rule and arithmetic. After
 * OPENLOOP_BAD_CHECKSUM or OPENLOOP_FLASH_FAILED a part of the weights may have been read: openloop_reset draws them again.
 *
 * # Safety
 * As for openloop_store.
 */
openloop_status openloop_restore(struct openloop_model *model,
                                 const struct openloop_flash *flash);

/**
 * The same for a program that has a blob in it: loads the newest state that goes on from the blob, which has the same seed, rates and
 * standardisation, or else the blob. So a program with a new model does not take the states of the old one.
 *
 * # Safety
 * As for openloop_store; `blob` is `length` readable bytes.
 */
openloop_status openloop_restore_over(struct openloop_model *model,
                                      const struct openloop_flash *flash,
                                      const uint8_t *blob,
                                      uint32_t length);

/**
 * What went on so far.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `counters` is writable.
 */
openloop_status openloop_count(struct openloop_model *model, struct openloop_counters *counters);

/**
 * The name of a status, such as "OPENLOOP_TOO_SMALL".
 */
const char *openloop_status_name(uint32_t status);

/**
 * What a status means, in a sentence.
 */
const char *openloop_status_text(uint32_t status);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* OPENLOOP_H */

/* Bytes of memory for a model, on any machine, for static arrays, whose size must be a constant: openloop_size says how many are
 * needed. layers: output layer included. weights: of all layers, biases included. widest: neurons of the widest layer, the
 * output layer included. OPENLOOP_MEMORY_F32 and _INT8 are for rules that learn in the forward walk: drtp, drtp-gated, local-error,
 * local-hinge and shallow. The others, bp, fa, dfa and sdfa, keep all layers' outputs: units is the sum of all neurons. */
#define OPENLOOP_MEMORY_F32(layers, inputs, weights, widest, outputs) \
  (OPENLOOP_MEMORY_HEAD(layers) + 4u * ((inputs) + (weights) + 2u * (widest) + 16u + (outputs)))
#define OPENLOOP_MEMORY_F32_WAITING(layers, inputs, weights, units, outputs) \
  (OPENLOOP_MEMORY_HEAD(layers) + 4u * ((inputs) + (weights) + 2u * (units) + (outputs)))
#define OPENLOOP_MEMORY_INT8(layers, inputs, weights, widest, outputs) \
  (OPENLOOP_MEMORY_HEAD(layers) + (inputs) + (weights) + 2u * (widest) + 4u * (outputs))
#define OPENLOOP_MEMORY_INT8_WAITING(layers, inputs, weights, units, outputs) \
  (OPENLOOP_MEMORY_HEAD(layers) + (inputs) + (weights) + 9u * (units) + 4u * (outputs))
/* And for a configuration with standardise. */
#define OPENLOOP_MEMORY_STANDARDISE(inputs) (8u * (inputs))
/* Of these, for head and layers alone. */
#define OPENLOOP_MEMORY_HEAD(layers) (96u + (14u + 8u * (layers)) * (uint32_t)sizeof(void *))
