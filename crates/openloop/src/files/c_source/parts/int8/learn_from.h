#if !defined(NET_INFER_ONLY)

NET_PART void net_learn_from(const int8_t *x, uint32_t label)
{
    net_step(x, label, net_hidden_rate, net_output_rate);
    net_count(&net_health.learned);
    net_samples += 1u;
}

#endif

/* The outputs of the last call, probabilities in units of 1/32768; after a learning step those from before it. */
NET_API const uint16_t *net_outputs(void)
{
    return net_answer;
}

NET_PART int32_t net_largest(void)
{
    return net_class;
}
