/* An input of the self-test: a multiple of 1/4 from -1.25 to 1.25. */
NET_PART void net_fill_test(float *x, size_t sample)
{
    size_t i;
    for (i = 0; i < NET_INPUTS; i++) {
        x[i] = ((float)((i * 7u + sample * 5u) % 11u) - 5.0f) * 0.25f;
    }
}

/* Whether this compiler and processor calculate with the bits of Openloop on a PC: answers four made-up samples and, if this
   program learns, learns from them, and compares. What was learned before is forgotten, so call it first. Gives 1 if all bits
   are right. */
NET_API int net_self_test(void)
{
    NET_TEST_ROOM;
    uint32_t crc = UINT32_MAX;
    size_t sample, i;
#if !defined(NET_INFER_ONLY)
    float hidden_rate = net_hidden_rate, output_rate = net_output_rate;
    net_hidden_rate = NET_HIDDEN_RATE;
    net_output_rate = NET_OUTPUT_RATE;
#endif
#if defined(NET_INFER_ONLY)
    for (sample = 0; sample < 4u; sample++) {
        net_fill_test(x, sample);
        net_pass(x);
        for (i = 0; i < NET_OUTPUTS; i++) {
            crc = net_crc_word(crc, net_bits(NET_ANSWER[i]));
        }
    }
    return ~crc == NET_TEST_ANSWERS;
#else
    net_reset();
    for (sample = 0; sample < 4u; sample++) {
        NET_TEST_TARGET;
        net_fill_test(x, sample);
        net_learn_from(x, target);
        for (i = 0; i < NET_OUTPUTS; i++) {
            crc = net_crc_word(crc, net_bits(NET_ANSWER[i]));
        }
    }
    for (i = 0; i < NET_PARAMETERS; i++) {
        crc = net_crc_word(crc, net_bits(net_parameters[i]));
    }
    net_reset();
    net_hidden_rate = hidden_rate;
    net_output_rate = output_rate;
    return ~crc == NET_TEST_LEARNING;
#endif
}
