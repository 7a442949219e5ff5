/* Learns to classify points of three clusters, sample by sample, in 32-bit floating point and in 8-bit integers; saves to two
 * slots in turn, starts again from the newer one after a simulated power failure, and continues. Then it makes each mistake
 * that the library reports, and checks the status.
 *
 *     cc -std=c99 learn.c libopenloop_c.a -o learn        (and -lpthread -ldl -lm where the system keeps them apart)
 */
#include <openloop.h>
#include <stdio.h>
#include <string.h>

#define INPUTS 4u
#define HIDDEN 16u
#define CLASSES 3u
#define WEIGHTS ((INPUTS + 1u) * HIDDEN + (HIDDEN + 1u) * CLASSES)
#define MEMORY OPENLOOP_MEMORY_BYTES(2u, INPUTS, WEIGHTS, HIDDEN, CLASSES)
#define SLOT 1024u

static uint64_t memory[(MEMORY + 7u) / 8u];
static uint64_t other_memory[(MEMORY + 7u) / 8u];
static uint8_t slots[2][SLOT]; /* two sectors of flash */
static uint64_t no_model[MEMORY / 8u];
static uint32_t random_state;

/* Whole numbers below 1000, the same on every machine. */
static uint32_t draw(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % 1000u;
}

/* A point of the cloud `label`. */
static void sample(uint32_t label, float *x)
{
    uint32_t i;
    for (i = 0; i < INPUTS; i++) {
        float noise = (float)draw() / 1000.0f - 0.5f;
        x[i] = (i == label ? 1.0f : 0.0f) + noise;
    }
}

static int failed(const char *what, openloop_status status, openloop_status expected)
{
    if (status == expected) {
        return 0;
    }
    printf("%s: %s: %s\n", what, openloop_status_name(status), openloop_status_text(status));
    return 1;
}

static uint32_t right_of_1000(openloop_model *model)
{
    uint32_t right = 0, i, label;
    float x[INPUTS];
    for (i = 0; i < 1000u; i++) {
        sample(i % CLASSES, x);
        if (openloop_predict(model, x, INPUTS, NULL, 0, &label) == OPENLOOP_OK && label == i % CLASSES) {
            right++;
        }
    }
    return right;
}

static openloop_status learn(openloop_model *model, uint32_t samples)
{
    uint32_t i;
    float x[INPUTS];
    openloop_status status = OPENLOOP_OK;
    for (i = 0; i < samples && status == OPENLOOP_OK; i++) {
        sample(i % CLASSES, x);
        status = openloop_learn(model, x, INPUTS, i % CLASSES);
    }
    return status;
}

/* Saves to the slot that does not hold the newest state. On a device this erases a sector and writes it. */
static openloop_status save(openloop_model *model)
{
    uint32_t newest = 1, written;
    (void)openloop_newer(slots[0], SLOT, slots[1], SLOT, &newest);
    return openloop_save(model, slots[1u - newest], SLOT, &written);
}

static int learn_and_save(const char *name, openloop_config config)
{
    openloop_model *model = NULL, *again = NULL;
    openloop_counters counters;
    uint32_t bytes, i, newest, right;
    float x[INPUTS], y[CLASSES], z[CLASSES];
    int bad = 0;

    random_state = 1u;
    memset(slots, 0xFF, sizeof slots);
    bad += failed("size", openloop_size(&config, &bytes), OPENLOOP_OK);
    bad += bytes > sizeof memory;
    bad += failed("init", openloop_init(memory, sizeof memory, &config, &model), OPENLOOP_OK);
    bad += failed("nothing saved", openloop_newer(slots[0], SLOT, slots[1], SLOT, &newest), OPENLOOP_NOTHING_SAVED);
    for (i = 0; i < 3u && !bad; i++) {
        bad += failed("learn", learn(model, 1000u), OPENLOOP_OK);
        bad += failed("save", save(model), OPENLOOP_OK);
    }
    right = right_of_1000(model);
    bad += failed("count", openloop_count(model, &counters), OPENLOOP_OK);

    /* the power fails in the middle of the next save: half of the sector is written */
    bad += failed("learn", learn(model, 300u), OPENLOOP_OK);
    bad += failed("save", save(model), OPENLOOP_OK);
    bad += failed("newer", openloop_newer(slots[0], SLOT, slots[1], SLOT, &newest), OPENLOOP_OK);
    memset(slots[newest] + 100, 0xFF, SLOT - 100u);

    /* and the device comes up with the state before it */
    bad += failed("newer", openloop_newer(slots[0], SLOT, slots[1], SLOT, &newest), OPENLOOP_OK);
    bad += failed("open size", openloop_open_size(slots[newest], SLOT, config.store_feedback, &bytes), OPENLOOP_OK);
    bad += failed("open", openloop_open(other_memory, bytes, slots[newest], SLOT, config.store_feedback, &again), OPENLOOP_OK);
    bad += failed("load", openloop_load(model, slots[newest], SLOT), OPENLOOP_OK);
    for (i = 0; i < 100u && !bad; i++) {
        sample(i % CLASSES, x);
        bad += failed("predict", openloop_predict(model, x, INPUTS, y, CLASSES, NULL), OPENLOOP_OK);
        bad += failed("predict", openloop_predict(again, x, INPUTS, z, CLASSES, NULL), OPENLOOP_OK);
        bad += memcmp(y, z, sizeof y) != 0;
        bad += failed("learn", openloop_learn(model, x, INPUTS, i % CLASSES), OPENLOOP_OK);
        bad += failed("learn", openloop_learn(again, x, INPUTS, i % CLASSES), OPENLOOP_OK);
    }
    printf("%s: %u of 1000 right after %u samples; %s\n", name, (unsigned)right, (unsigned)counters.samples,
           bad ? "something went wrong" : "saved, lost the power, came up the same and goes on");
    return bad || right < 950u || counters.refused || counters.not_finite;
}

/* Everything that can be wrong, and that nothing is written then. */
static int refused(openloop_config config)
{
    static uint8_t before[sizeof memory];
    openloop_model *model = NULL, *none = NULL;
    openloop_config wrong = config;
    uint32_t other_sizes[3] = {INPUTS, HIDDEN + 1u, CLASSES}, empty_sizes[3] = {INPUTS, 0u, CLASSES};
    uint32_t label = 77u, written = 77u;
    float x[INPUTS] = {0.0f, 0.0f, 0.0f, 0.0f}, y[CLASSES], not_a_number[INPUTS] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint8_t blob[SLOT];
    int bad = 0;

    not_a_number[2] = (x[0] - x[0]) / (x[1] - x[1]);
    bad += failed("init", openloop_init(memory, sizeof memory, &config, &model), OPENLOOP_OK);
    bad += failed("save", openloop_save(model, blob, SLOT, &written), OPENLOOP_OK);
    memcpy(before, memory, sizeof memory);
    bad += failed("small", openloop_init(other_memory, 100u, &config, &none), OPENLOOP_TOO_SMALL);
    bad += failed("odd", openloop_init((uint8_t *)other_memory + 4, sizeof memory - 4u, &config, &none), OPENLOOP_MISALIGNED);
    bad += failed("null", openloop_init(NULL, sizeof memory, &config, &none), OPENLOOP_NULL_POINTER);
    wrong.rule = 99u;
    bad += failed("rule", openloop_init(other_memory, sizeof memory, &wrong, &none), OPENLOOP_BAD_CONFIG);
    wrong = config;
    wrong.output_rate = -1.0f;
    bad += failed("rate", openloop_init(other_memory, sizeof memory, &wrong, &none), OPENLOOP_BAD_CONFIG);
    wrong = config;
    wrong.sizes = empty_sizes;
    bad += failed("empty", openloop_init(other_memory, sizeof memory, &wrong, &none), OPENLOOP_BAD_NETWORK);
    bad += failed("model", openloop_learn((openloop_model *)(void *)no_model, x, INPUTS, 0u), OPENLOOP_NOT_A_MODEL);
    bad += failed("model", openloop_learn(NULL, x, INPUTS, 0u), OPENLOOP_NULL_POINTER);
    bad += failed("label", openloop_learn(model, x, INPUTS, CLASSES), OPENLOOP_BAD_LABEL);
    bad += failed("length", openloop_learn(model, x, INPUTS - 1u, 0u), OPENLOOP_WRONG_LENGTH);
    bad += failed("overlap", openloop_predict(model, not_a_number, INPUTS, not_a_number, CLASSES, &label), OPENLOOP_OVERLAP);
    bad += failed("length", openloop_predict(model, x, INPUTS, y, CLASSES - 1u, &label), OPENLOOP_WRONG_LENGTH);
    bad += failed("x", openloop_learn(model, NULL, INPUTS, 0u), OPENLOOP_NULL_POINTER);
    bad += failed("room", openloop_save(model, blob, 100u, &written), OPENLOOP_TOO_SMALL);
    bad += failed("cut", openloop_load(model, blob, 60u), OPENLOOP_TRUNCATED);
    bad += failed("cut", openloop_load(model, blob, written - 1u), OPENLOOP_TRUNCATED);
    blob[150] ^= 1u;
    bad += failed("flipped", openloop_load(model, blob, written), OPENLOOP_BAD_CHECKSUM);
    blob[150] ^= 1u;
    blob[0] = 'o';
    bad += failed("magic", openloop_load(model, blob, written), OPENLOOP_NOT_A_BLOB);
    blob[0] = 'O';
    blob[4] = 2u;
    bad += failed("version", openloop_load(model, blob, written), OPENLOOP_OTHER_VERSION);
    blob[4] = 1u;
    bad += memcmp(before, memory, sizeof memory) != 0;
    bad += label != 77u;
    bad += none != NULL;
    /* these are counted, and nothing else */
    bad += failed("nan", openloop_learn(model, not_a_number, INPUTS, 0u), OPENLOOP_INPUT_NOT_FINITE);
    bad += failed("nan", openloop_predict(model, not_a_number, INPUTS, y, CLASSES, &label), OPENLOOP_INPUT_NOT_FINITE);
    /* a model of another network */
    wrong = config;
    wrong.sizes = other_sizes;
    wrong.size_count = 2u;
    bad += failed("init", openloop_init(other_memory, sizeof other_memory, &wrong, &none), OPENLOOP_OK);
    bad += failed("network", openloop_load(none, blob, written), OPENLOOP_OTHER_NETWORK);
    printf("wrong requests: %s\n", bad ? "not all refused" : "refused, and nothing written");
    return bad;
}

int main(void)
{
    static const uint32_t sizes[3] = {INPUTS, HIDDEN, CLASSES};
    openloop_config config;
    int bad = 0;

    memset(&config, 0, sizeof config);
    config.sizes = sizes;
    config.size_count = 3u;
    config.arithmetic = OPENLOOP_ARITHMETIC_F32;
    config.rule = OPENLOOP_RULE_DRTP;
    config.activation = OPENLOOP_ACTIVATION_TANH;
    config.loss = OPENLOOP_LOSS_CROSS_ENTROPY;
    config.hidden_rate = 0.05f;
    config.output_rate = 0.05f;
    config.seed = 7u;
    bad |= learn_and_save("drtp, f32", config);
    config.rule = OPENLOOP_RULE_LOCAL_ERROR;
    bad |= learn_and_save("local-error, f32", config);
    config.arithmetic = OPENLOOP_ARITHMETIC_INT8;
    config.rule = OPENLOOP_RULE_DRTP;
    config.input_bits = 6u;
    config.half_after = 10000u;
    bad |= learn_and_save("drtp, int8", config);
    bad |= refused(config);
    config.arithmetic = OPENLOOP_ARITHMETIC_F32;
    config.input_bits = 0u;
    bad |= refused(config);
    return bad;
}
