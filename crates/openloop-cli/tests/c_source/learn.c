/* Learns from the samples on standard input, a label or targets and then the inputs, all as the bits of floats; writes what the
   network answered before each step, and at the end what it saves. */
#include "net.h"
#include <stdio.h>

static void write_word(uint32_t word)
{
    printf("%08lx ", (unsigned long)word);
}

static int read_float(float *value)
{
    unsigned long word;
    if (scanf("%lx", &word) != 1) {
        return 0;
    }
    *value = net_float((uint32_t)word);
    return 1;
}

int main(void)
{
    static uint8_t saved[NET_SAVE_BYTES];
    float target[NET_OUTPUTS], x[NET_INPUTS];
    size_t i;
    int32_t status = 0;
    if (net_self_test() != 1) {
        printf("self-test\n");
        return 1;
    }
    for (;;) {
        for (i = 0; i < TARGETS; i++) {
            if (!read_float(&target[i])) {
                break;
            }
        }
        if (i < TARGETS) {
            break;
        }
        for (i = 0; i < NET_INPUTS; i++) {
            if (!read_float(&x[i])) {
                return 2;
            }
        }
#if defined(VALUES)
        status = net_learn(x, target, NULL);
#else
        status = net_learn(x, (uint32_t)target[0]);
#endif
        if (status < 0) {
            return 3;
        }
        for (i = 0; i < NET_OUTPUTS; i++) {
            write_word(net_bits(net_outputs()[i]));
        }
    }
    status = net_save(saved, sizeof saved);
    printf("\n");
    for (i = 0; i < (size_t)status; i++) {
        printf("%02x", saved[i]);
    }
    return 0;
}
