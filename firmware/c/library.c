/* Learns with the C library, 64-32-10, and says what a call takes: bytes of memory and stack, instructions. Compiled for a board and
 * for a PC, which must come to the same bytes.
 *
 *   (nothing)      one network and rule, as small as a program can be: what is linked is the library's code
 *   -DSAVE         and a state in a buffer; -DSTORE: in two slots of a flash
 *   -DEMPTY        nothing at all, to be taken off
 *   -DCOUNT        every rule of the arithmetic, with a line for each
 *   -DINT8         in int8
 */
#include "board.h"
#include <openloop.h>

#define INPUTS 64u
#define HIDDEN 32u
#define CLASSES 10u
#define WEIGHTS ((INPUTS + 1u) * HIDDEN + (HIDDEN + 1u) * CLASSES)
#ifdef INT8
#define MEMORY OPENLOOP_MEMORY_INT8_WAITING(2u, INPUTS, WEIGHTS, HIDDEN + CLASSES, CLASSES)
#define ARITHMETIC OPENLOOP_ARITHMETIC_INT8
#define INPUT_BITS 7u
#define NAME "c-library-int8"
#else
#define MEMORY OPENLOOP_MEMORY_F32_WAITING(2u, INPUTS, WEIGHTS, HIDDEN + CLASSES, CLASSES)
#define ARITHMETIC OPENLOOP_ARITHMETIC_F32
#define INPUT_BITS 0u
#define NAME "c-library"
#endif

#ifndef EMPTY
static uint64_t memory[(MEMORY + 7u) / 8u];
static const uint32_t sizes[3] = {INPUTS, HIDDEN, CLASSES};
static openloop_model *model;
#ifdef INT8
static int8_t x[INPUTS];
#define LEARN openloop_learn_i8
#define PREDICT openloop_predict_i8
#else
static float x[INPUTS];
#define LEARN openloop_learn
#define PREDICT openloop_predict
#endif
#endif

static void expect_ok(uint32_t status)
{
    if (status != 0u) {
        board_print("a call failed\n");
        board_end();
    }
}

#if defined(SAVE) || defined(COUNT)
static uint8_t blob[12288];
#endif

#ifdef STORE
static uint8_t sectors[2][12288];

static int32_t flash_read(void *context, uint32_t offset, uint8_t *bytes, uint32_t count)
{
    const uint8_t *from = (const uint8_t *)context + offset;
    while (count-- > 0u) {
        *bytes++ = *from++;
    }
    return 0;
}

static int32_t flash_write(void *context, uint32_t offset, const uint8_t *bytes, uint32_t count)
{
    uint8_t *to = (uint8_t *)context + offset;
    while (count-- > 0u) {
        *to++ = *bytes++;
    }
    return 0;
}

static int32_t flash_erase(void *context, uint32_t offset, uint32_t count)
{
    uint8_t *to = (uint8_t *)context + offset;
    while (count-- > 0u) {
        *to++ = 0xFFu;
    }
    return 0;
}
#endif

#ifdef COUNT
#define SAMPLES 16u
#define PAINT 0x5a5aa5a5u
#define DEPTH 1024u /* words that are painted */
#define MARGIN 4u   /* words of the painter's own */

static uint32_t label;

/* What the calls take: nothing is known of it on a PC. */
#if defined(__arm__)
#define TIMER ((volatile uint32_t *)0x40000000u) /* CMSDK timer 0: 25 MHz, while an instruction takes 64 ns */
static void start_timer(void)
{
    TIMER[2] = UINT32_MAX;
    TIMER[1] = UINT32_MAX;
    TIMER[0] = 1u;
}

static uint32_t now(void)
{
    return ~TIMER[1];
}

static uint32_t instructions(uint32_t ticks)
{
    uint32_t count = (ticks * 10u + 8u) / 16u;
    return count > 8u ? count - 8u : 0u;
}

/* The end of the stack of whoever calls this. */
static inline __attribute__((always_inline)) volatile uint32_t *here(void)
{
    volatile uint32_t *top;
    __asm__ volatile("mov %0, sp" : "=r"(top));
    return top;
}

__attribute__((noinline)) static void paint(volatile uint32_t *top)
{
    uint32_t i;
    for (i = MARGIN; i < DEPTH; i++) {
        top[-(int32_t)i] = PAINT;
    }
}

__attribute__((noinline)) static uint32_t used(volatile uint32_t *top)
{
    uint32_t i;
    for (i = DEPTH - 1u; i > MARGIN; i--) {
        if (top[-(int32_t)i] != PAINT) {
            return 4u * i;
        }
    }
    return 0;
}
#else
static void start_timer(void)
{
}

static uint32_t now(void)
{
    return 0;
}

static uint32_t instructions(uint32_t ticks)
{
    return ticks;
}

static volatile uint32_t *here(void)
{
    return (volatile uint32_t *)0;
}

static void paint(volatile uint32_t *top)
{
    (void)top;
}

static uint32_t used(volatile uint32_t *top)
{
    (void)top;
    return 0;
}
#endif

__attribute__((noinline)) static void learn(void)
{
    openloop_outcome outcome;
    expect_ok(LEARN(model, x, INPUTS, label, &outcome));
}

__attribute__((noinline)) static void predict(void)
{
    openloop_answer answer;
    expect_ok(PREDICT(model, x, INPUTS, 0, 0, &answer));
}

static void print_number(const char *key, uint32_t number)
{
    char digits[11];
    uint32_t place = 10u;
    digits[place] = '\0';
    do {
        place--;
        digits[place] = (char)('0' + (char)(number % 10u));
        number /= 10u;
    } while (number > 0u);
    board_print(key);
    board_print(digits + place);
}

/* Numbers from -1 to 1, the same everywhere. */
static void sample(uint32_t *state)
{
    uint32_t i;
    for (i = 0; i < INPUTS; i++) {
        int32_t number;
        *state = *state * 1664525u + 1013904223u;
        number = (int32_t)((*state >> 16) % 255u) - 127;
#ifdef INT8
        x[i] = (int8_t)number;
#else
        x[i] = (float)number / 127.0f;
#endif
    }
}

static void count(uint32_t rule, const char *name)
{
    volatile uint32_t *top = here();
    uint32_t bytes, learning = 0, answering = 0, stack = 0, deeper, started, state = 1u, checksum = 0, n, i;
    openloop_config config = {0};
    config.sizes = sizes;
    config.size_count = 3u;
    config.arithmetic = ARITHMETIC;
    config.rule = rule;
    config.activation = OPENLOOP_ACTIVATION_TANH;
    config.loss = OPENLOOP_LOSS_CROSS_ENTROPY;
    config.input_bits = INPUT_BITS;
    config.hidden_rate = 0.01f;
    config.output_rate = 0.01f;
    config.seed = 1u;
    expect_ok(openloop_size(&config, &bytes));
    expect_ok(openloop_init(memory, sizeof memory, &config, &model));
    for (n = 0; n < SAMPLES; n++) {
        label = n % CLASSES;
        sample(&state);
        started = now();
        learn();
        learning += instructions(now() - started);
        started = now();
        predict();
        answering += instructions(now() - started);
        paint(top);
        learn();
        deeper = used(top);
        stack = deeper > stack ? deeper : stack;
        paint(top);
        predict();
        deeper = used(top);
        stack = deeper > stack ? deeper : stack;
    }
    expect_ok(openloop_save(model, blob, sizeof blob, &n));
    for (i = 0; i < 4u; i++) {
        checksum = checksum << 8 | blob[n - 1u - i];
    }
    board_print(NAME " net=64-32-10 rule=");
    board_print(name);
    print_number(" memory=", bytes);
    print_number(" stack=", stack);
    print_number(" learn=", learning / SAMPLES);
    print_number(" infer=", answering / SAMPLES);
    print_number(" saved=", checksum);
    board_print("\n");
}
#endif

int main(void)
{
    board_begin();
#if defined(EMPTY)
    expect_ok(0u);
#elif defined(COUNT)
    start_timer();
    count(OPENLOOP_RULE_DRTP, "drtp");
    count(OPENLOOP_RULE_SHALLOW, "shallow");
    count(OPENLOOP_RULE_LOCAL_ERROR, "local-error");
    count(OPENLOOP_RULE_LOCAL_HINGE, "local-hinge");
    count(OPENLOOP_RULE_BP, "bp");
    count(OPENLOOP_RULE_DFA, "dfa");
    count(OPENLOOP_RULE_SDFA, "sdfa");
#ifdef INT8
    count(OPENLOOP_RULE_DRTP_GATED, "drtp-gated");
#else
    count(OPENLOOP_RULE_FA, "fa");
#endif
#else
    static const openloop_config config = {
        .sizes = sizes,
        .size_count = 3u,
        .arithmetic = ARITHMETIC,
        .rule = OPENLOOP_RULE_DRTP,
        .activation = OPENLOOP_ACTIVATION_TANH,
        .loss = OPENLOOP_LOSS_CROSS_ENTROPY,
        .input_bits = INPUT_BITS,
        .hidden_rate = 0.1f,
        .output_rate = 0.03f,
        .seed = 1u,
    };
    openloop_outcome outcome;
    openloop_answer answer;
    expect_ok(openloop_init(memory, sizeof memory, &config, &model));
    expect_ok(LEARN(model, x, INPUTS, 3u, &outcome));
    expect_ok(PREDICT(model, x, INPUTS, 0, 0, &answer));
#ifdef SAVE
    uint32_t written;
    expect_ok(openloop_save(model, blob, sizeof blob, &written));
    expect_ok(openloop_load(model, blob, written));
#endif
#ifdef STORE
    const openloop_flash flash = {flash_read, flash_write, flash_erase, sectors, 0u, sizeof sectors[0], 4096u};
    expect_ok(openloop_store(model, &flash));
    expect_ok(openloop_restore(model, &flash));
#endif
#endif
    board_end();
    return 0;
}
