/* Learns to classify points of three clusters, sample by sample, in 32-bit floating point and in 8-bit integers; saves to two
 * slots of a flash, starts again from the newest state after a simulated power failure, and continues. Then it makes each
 * mistake that the library reports, and checks the status.
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
/* Enough for either arithmetic. */
#define MEMORY (OPENLOOP_MEMORY_F32(2u, INPUTS, WEIGHTS, HIDDEN, CLASSES) + OPENLOOP_MEMORY_STANDARDISE(INPUTS))
#define SLOT 1024u

static uint64_t memory[(MEMORY + 7u) / 8u];
static uint64_t other_memory[(MEMORY + 7u) / 8u];
static uint8_t sectors[2u * SLOT]; /* two sectors of flash, one for each slot */
static uint32_t writes_left;       /* until the power fails */
static uint64_t no_model[(MEMORY + 7u) / 8u];
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

/* A driver of a flash, here of an array: what is written can only clear bits, and erasing sets all bits of a sector. */
static int32_t flash_read(void *context, uint32_t offset, uint8_t *bytes, uint32_t count)
{
    (void)context;
    memcpy(bytes, sectors + offset, count);
    return 0;
}

static int32_t flash_write(void *context, uint32_t offset, const uint8_t *bytes, uint32_t count)
{
    uint32_t i;
    (void)context;
    for (i = 0; i < count && writes_left > 0u; i++, writes_left--) {
        sectors[offset + i] &= bytes[i];
    }
    return 0;
}

static int32_t flash_erase(void *context, uint32_t offset, uint32_t count)
{
    (void)context;
    memset(sectors + offset, 0xFF, count);
    return 0;
}

static const openloop_flash flash = {flash_read, flash_write, flash_erase, NULL, 0u, SLOT, SLOT};

static uint32_t right_of_1000(openloop_model *model)
{
    uint32_t right = 0, i;
    openloop_answer answer;
    float x[INPUTS];
    for (i = 0; i < 1000u; i++) {
        sample(i % CLASSES, x);
        if (openloop_predict(model, x, INPUTS, NULL, 0, &answer) == OPENLOOP_OK && answer.label == i % CLASSES) {
            right++;
        }
    }
    return right;
}

/* Learns, every other sample part by part: a program may do other things between the parts. */
static openloop_status learn(openloop_model *model, uint32_t samples)
{
    uint32_t i, more;
    float x[INPUTS];
    openloop_outcome outcome;
    openloop_status status = OPENLOOP_OK;
    for (i = 0; i < samples && status == OPENLOOP_OK; i++) {
        sample(i % CLASSES, x);
        if (i % 2u == 0u) {
            status = openloop_learn(model, x, INPUTS, i % CLASSES, &outcome);
            continue;
        }
        status = openloop_begin(model, x, INPUTS, i % CLASSES);
        for (more = 1; more == 1u && status == OPENLOOP_OK;) {
            status = openloop_advance(model, &more, &outcome);
        }
    }
    return status;
}

static int learn_and_save(const char *name, openloop_config config)
{
    openloop_model *model = NULL, *again = NULL;
    openloop_counters counters;
    openloop_answer answer;
    uint32_t bytes, i, right, unsure = 0;
    float x[INPUTS], y[CLASSES], z[CLASSES];
    int bad = 0;

    random_state = 1u;
    writes_left = UINT32_MAX;
    memset(sectors, 0xFF, sizeof sectors);
    bad += failed("size", openloop_size(&config, &bytes), OPENLOOP_OK);
    bad += bytes > sizeof memory;
    bad += failed("init", openloop_init(memory, sizeof memory, &config, &model), OPENLOOP_OK);
    bad += failed("init", openloop_init(other_memory, sizeof other_memory, &config, &again), OPENLOOP_OK);
    bad += failed("nothing saved", openloop_restore(again, &flash), OPENLOOP_NOTHING_SAVED);
    for (i = 0; i < 3u && !bad; i++) {
        bad += failed("learn", learn(model, 1000u), OPENLOOP_OK);
        bad += failed("store", openloop_store(model, &flash), OPENLOOP_OK);
    }
    right = right_of_1000(model);
    bad += failed("count", openloop_count(model, &counters), OPENLOOP_OK);

    /* the power fails in the middle of the next save: 100 bytes of the sector are written */
    bad += failed("learn", learn(model, 300u), OPENLOOP_OK);
    writes_left = 100u;
    bad += failed("cut", openloop_store(model, &flash), OPENLOOP_NOT_STORED);
    writes_left = UINT32_MAX;

    /* and the device comes up with the state before it */
    bad += failed("restore", openloop_restore(again, &flash), OPENLOOP_OK);
    bad += failed("restore", openloop_restore(model, &flash), OPENLOOP_OK);
    bad += failed("threshold", openloop_set_threshold(model, 0.9f), OPENLOOP_OK);
    for (i = 0; i < 100u && !bad; i++) {
        sample(i % CLASSES, x);
        bad += failed("predict", openloop_predict(model, x, INPUTS, y, CLASSES, &answer), OPENLOOP_OK);
        bad += failed("predict", openloop_predict(again, x, INPUTS, z, CLASSES, NULL), OPENLOOP_OK);
        bad += memcmp(y, z, sizeof y) != 0 || y[answer.label] > answer.confidence;
        unsure += answer.sure ? 0u : 1u;
        bad += failed("learn", openloop_learn(model, x, INPUTS, i % CLASSES, NULL), OPENLOOP_OK);
        bad += failed("learn", openloop_learn(again, x, INPUTS, i % CLASSES, NULL), OPENLOOP_OK);
    }
    bad += unsure == 0u || unsure > 90u;
    printf("%s: %u of 1000 right after %u samples; %s\n", name, (unsigned)right, (unsigned)counters.samples,
           bad ? "something went wrong" : "saved, lost the power, came up the same and goes on");
    return bad || right < 950u || counters.refused || counters.not_finite;
}

/* A blob that a PC made, or a save that travels: into memory of any kind, and a model from it alone. */
static int travel(openloop_config config)
{
    openloop_model *model = NULL, *again = NULL;
    uint8_t blobs[2][SLOT], pixels[INPUTS] = {200u, 100u, 0u, 50u};
    uint32_t written, newer = 9, needed, i;
    float offset[INPUTS], scale[INPUTS];
    openloop_answer here, there;
    int bad = 0;

    for (i = 0; i < INPUTS; i++) {
        offset[i] = 128.0f;
        scale[i] = 1.0f / 64.0f;
    }
    config.standardise = 1u;
    bad += failed("init", openloop_init(memory, sizeof memory, &config, &model), OPENLOOP_OK);
    bad += failed("standardise", openloop_standardise(model, offset, scale, INPUTS), OPENLOOP_OK);
    bad += failed("rates", openloop_set_rates(model, 0.1f, 0.1f), OPENLOOP_OK);
    for (i = 0; i < 2u && !bad; i++) {
        bad += failed("learn", openloop_learn_u8(model, pixels, INPUTS, 1u, NULL), OPENLOOP_OK);
        bad += failed("size", openloop_saved_size(model, &written), OPENLOOP_OK);
        bad += written > SLOT;
        bad += failed("save", openloop_save(model, blobs[i], SLOT, &written), OPENLOOP_OK);
    }
    bad += failed("newer", openloop_newer(blobs[0], SLOT, blobs[1], SLOT, &newer), OPENLOOP_OK) || newer != 1u;
    bad += failed("open size", openloop_open_size(blobs[1], SLOT, 0u, &needed), OPENLOOP_OK);
    bad += failed("open", openloop_open(other_memory, needed, blobs[1], written, 0u, &again), OPENLOOP_OK);
    bad += failed("predict", openloop_predict_u8(model, pixels, INPUTS, NULL, 0u, &here), OPENLOOP_OK);
    bad += failed("predict", openloop_predict_u8(again, pixels, INPUTS, NULL, 0u, &there), OPENLOOP_OK);
    bad += here.label != there.label || here.confidence > there.confidence || here.confidence < there.confidence;
    bad += failed("reset", openloop_reset(again), OPENLOOP_OK);
    bad += failed("load", openloop_load(again, blobs[0], SLOT), OPENLOOP_OK);
    printf("a blob: %s\n", bad ? "something went wrong" : "opened, and answers the same");
    return bad;
}

/* Everything that can be wrong, and that nothing is written then. */
static int refused(openloop_config config)
{
    static uint8_t before[sizeof memory];
    openloop_model *model = NULL, *none = NULL;
    openloop_config wrong = config;
    uint32_t other_sizes[3] = {INPUTS, HIDDEN + 1u, CLASSES}, empty_sizes[3] = {INPUTS, 0u, CLASSES};
    uint32_t written = 77u, more = 77u;
    openloop_answer answer = {77u, 0.0f, 0u};
    openloop_flash no_flash = flash;
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
    bad += failed("model", openloop_learn((openloop_model *)(void *)no_model, x, INPUTS, 0u, NULL), OPENLOOP_NOT_A_MODEL);
    bad += failed("model", openloop_learn(NULL, x, INPUTS, 0u, NULL), OPENLOOP_NULL_POINTER);
    bad += failed("label", openloop_learn(model, x, INPUTS, CLASSES, NULL), OPENLOOP_BAD_LABEL);
    bad += failed("length", openloop_learn(model, x, INPUTS - 1u, 0u, NULL), OPENLOOP_WRONG_LENGTH);
    bad += failed("overlap", openloop_predict(model, not_a_number, INPUTS, not_a_number, CLASSES, &answer), OPENLOOP_OVERLAP);
    bad += failed("length", openloop_predict(model, x, INPUTS, y, CLASSES - 1u, &answer), OPENLOOP_WRONG_LENGTH);
    bad += failed("x", openloop_learn(model, NULL, INPUTS, 0u, NULL), OPENLOOP_NULL_POINTER);
    bad += failed("nothing", openloop_advance(model, &more, NULL), OPENLOOP_NOTHING_BEGUN);
    bad += failed("plain", openloop_standardise(model, x, x, INPUTS), OPENLOOP_NO_STANDARDISATION);
    no_flash.sector_size = 0u;
    bad += failed("sectors", openloop_store(model, &no_flash), OPENLOOP_BAD_FLASH);
    no_flash.read = NULL;
    bad += failed("driver", openloop_restore(model, &no_flash), OPENLOOP_NULL_POINTER);
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
    bad += answer.label != 77u || more != 77u;
    bad += none != NULL;
    /* these are counted, and nothing else */
    bad += failed("nan", openloop_learn(model, not_a_number, INPUTS, 0u, NULL), OPENLOOP_INPUT_NOT_FINITE);
    bad += failed("nan", openloop_predict(model, not_a_number, INPUTS, y, CLASSES, &answer), OPENLOOP_INPUT_NOT_FINITE);
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
    bad |= travel(config);
    bad |= refused(config);
    config.arithmetic = OPENLOOP_ARITHMETIC_F32;
    config.input_bits = 0u;
    bad |= refused(config);
    return bad;
}
