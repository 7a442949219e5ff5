/* Answers a sample of NET_INPUTS values: gives the class, or NET_NOT_FINITE. */
NET_API int32_t net_predict(const float *x)
{
    const NET_INPUT_TYPE *prepared;
    net_begin();
    prepared = net_prepare(x);
    if (prepared == NULL) {
        net_count(&net_health.refused);
        return NET_NOT_FINITE;
    }
    net_pass(prepared);
    return net_largest();
}

/* The same, and puts the NET_OUTPUTS outputs into y. */
NET_API int32_t net_infer(const float *x, float *y)
{
    int32_t answer = net_predict(x);
    size_t i;
    for (i = 0; answer >= 0 && i < NET_OUTPUTS; i++) {
        y[i] = NET_Y(i);
    }
    return answer;
}

#if !defined(NET_INFER_ONLY)

/* Learns from a sample and its class: gives the class that the network answered before, or NET_BAD_LABEL or NET_NOT_FINITE. */
NET_API int32_t net_learn(const float *x, uint32_t label)
{
    const NET_INPUT_TYPE *prepared;
    net_begin();
    if (label >= NET_OUTPUTS) {
        return NET_BAD_LABEL;
    }
    prepared = net_prepare(x);
    if (prepared == NULL) {
        net_count(&net_health.refused);
        return NET_NOT_FINITE;
    }
    net_learn_from(prepared, label);
    return net_largest();
}

#endif
