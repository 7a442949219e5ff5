/* Learns from made-up samples by the exported network `net.h`, and prints what it came to: the same on every processor. */
#include "net.h"
#include "board.h"

#define SAMPLES 200u

static uint32_t crc;

static void add_byte(void *context, uint32_t at, uint8_t byte)
{
    (void)context;
    if (at < NET_SAVE_BYTES - 4u) { /* with its own checksum behind it, every save has the same */
        crc = net_crc_byte(crc, byte);
    }
}

static void print_number(uint32_t number)
{
    char digits[11];
    uint8_t place = 10u;
    digits[place] = '\0';
    do {
        place--;
        digits[place] = (char)('0' + (char)(number % 10u));
        number /= 10u;
    } while (number > 0u);
    board_print(digits + place);
}

/* The next of a row of numbers from -3 to 3, in steps of 1/32. */
static float next(uint32_t *state)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (float)((int32_t)((*state >> 16) % 193u) - 96) / 32.0f;
}

int main(void)
{
    static float x[NET_INPUTS];
    uint32_t state = 1u, right = 0, sample;
    size_t i;
    board_begin();
    board_print("self-test ");
    print_number((uint32_t)net_self_test());
    for (sample = 0; sample < SAMPLES; sample++) {
        uint32_t label = sample % NET_OUTPUTS;
        for (i = 0; i < NET_INPUTS; i++) {
            x[i] = next(&state) * 0.5f + (i % NET_OUTPUTS == label ? 1.5f : 0.0f);
        }
        right += net_learn(x, label) == (int32_t)label ? 1u : 0u;
    }
    crc = UINT32_MAX;
    board_print(", right ");
    print_number(right);
    board_print(", saved ");
    print_number((uint32_t)net_save_to(add_byte, NULL));
    board_print(", checksum ");
    print_number(~crc);
    board_print("\n");
    board_end();
    return 0;
}
