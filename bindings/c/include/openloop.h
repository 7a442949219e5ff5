/* Openloop: neural networks that learn on the device, in memory that the caller gives. MIT or Apache-2.0.
 * Made by cbindgen from bindings/c; docs/device.md tells how to use it.
 *
 * Every function returns a status. With any other than OPENLOOP_OK nothing was written, except the counters.
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
   * Feedback alignment.
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
   * Direct random target projection of samples that are not yet right.
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
 * A network of dense layers and how it learns. Zero is a sensible value for nothing but half_after, store_feedback and, in
 * f32, input_bits.
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
   * In f32: not 0 to keep the fixed random matrices in memory; 0 to draw them again from the seed for every sample.
   */
  uint32_t store_feedback;
  /**
   * Seed of everything random.
   */
  uint64_t seed;
} openloop_config;

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
 * Standardises every later input as (x - offset) scale, bounded to 8 deviations so that a single wrong reading does no lasting
 * harm; `count` is the number of inputs. Offsets of 0 and scales of 1 leave inputs as they come.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `offset` and `scale` are `count` readable values.
 */
openloop_status openloop_standardise(struct openloop_model *model,
                                     const float *offset,
                                     const float *scale,
                                     uint32_t count);

/**
 * Learns from one sample.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `x` is `inputs` readable values.
 */
openloop_status openloop_learn(struct openloop_model *model, const float *x, uint32_t inputs, uint32_t label);

/**
 * Answers a sample: `label`, the class of the largest output, and the outputs themselves; `y` or `label` may be null, and
 * `outputs` 0 with `y`.
 *
 * # Safety
 * `model` is of openloop_init or openloop_open; `x` is `inputs` readable values, `y` null or `outputs` writable ones, `label`
 * null or writable.
 */
openloop_status openloop_predict(struct openloop_model *model,
                                 const float *x,
                                 uint32_t inputs,
                                 float *y,
                                 uint32_t outputs,
                                 uint32_t *label);

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
 * `memory` is `bytes` bytes that nothing else uses as long as the model is; `blob` is `length` readable bytes; `model` is
 * writable.
 */
openloop_status openloop_open(void *memory,
                              uint32_t memory_bytes,
                              const uint8_t *blob,
                              uint32_t length,
                              uint32_t store_feedback,
                              struct openloop_model **model);

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

/* Enough memory for a model of dense layers, on any machine: for static arrays, whose size must be a constant.
 * layers: output layer included. weights: of all layers, biases included. widest: units of the widest layer, inputs
 * aside. With waiting rules (bp, fa, dfa, sdfa) take the sum of all units instead of the widest. */
#define OPENLOOP_MEMORY_BYTES(layers, inputs, weights, widest, outputs) \
  (256u + 88u * (layers) + 4u * (3u * (inputs) + (weights) + 3u * (widest) + (outputs)))
