/* Whether this compiler and processor calculate with the bits of Openloop on a PC: answers four made-up samples and, if this
   program learns, learns from them, and compares. What was learned before is forgotten, so call it first. Gives 1 if all bits
   are right. */
NET_API int net_self_test(void)
{
    uint32_t crc = UINT32_MAX;
    size_t sample, i;
#if !defined(NET_INFER_ONLY)
    float hidden_rate = net_hidden_rate, output_rate = net_output_rate;
    net_hidden_rate = NET_HIDDEN_RATE;
    net_output_rate = NET_OUTPUT_RATE;
    net_reset();
#endif
    for (sample = 0; sample < 4u; sample++) {
        for (i = 0; i < NET_INPUTS; i++) {
            net_x[i] = (int8_t)(((int)((i * 7u + sample * 5u) % 11u) - 5) * 20);
        }
#if defined(NET_INFER_ONLY)
        net_pass(NET_FRONT(net_x));
#else
        net_learn_from(NET_FRONT(net_x), (uint32_t)(sample % NET_OUTPUTS));
#endif
        for (i = 0; i < NET_OUTPUTS; i++) {
            crc = net_crc_word(crc, net_answer[i]);
        }
    }
#if defined(NET_INFER_ONLY)
    return ~crc == NET_TEST_ANSWERS;
#else
    for (i = 0; i < NET_PARAMETERS; i++) {
        crc = net_crc_byte(crc, (uint8_t)net_parameters[i]);
    }
    net_reset();
    net_hidden_rate = hidden_rate;
    net_output_rate = output_rate;
    return ~crc == NET_TEST_LEARNING;
#endif
}
