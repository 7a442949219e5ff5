/* Answers a sample of NET_INPUTS values with NET_OUTPUTS values in the units of the targets: gives 0, or NET_NOT_FINITE. */
NET_API int32_t net_infer(const float *x, float *values)
{
    const float *prepared;
    size_t i;
    net_begin();
    prepared = net_prepare(x);
    if (prepared == NULL) {
        net_count(&net_health.refused);
        return NET_NOT_FINITE;
    }
    net_pass(prepared);
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = NET_ANSWER[i] * NET_FLASH_FLOAT(net_deviation + i) + NET_FLASH_FLOAT(net_mean + i);
    }
    return 0;
}

#if !defined(NET_INFER_ONLY)

/* Learns from a sample and its NET_OUTPUTS targets, in their units, and puts what the network answered before into `values`,
   which may be NULL: gives 0, or NET_NOT_FINITE. */
NET_API int32_t net_learn(const float *x, const float *targets, float *values)
{
    float standardised[NET_OUTPUTS];
    const float *prepared;
    size_t i;
    net_begin();
    prepared = net_prepare(x);
    if (prepared == NULL || !net_all_finite(targets, NET_OUTPUTS)) {
        net_count(&net_health.refused);
        return NET_NOT_FINITE;
    }
    for (i = 0; i < NET_OUTPUTS; i++) {
        standardised[i] = (targets[i] - NET_FLASH_FLOAT(net_mean + i)) / NET_FLASH_FLOAT(net_deviation + i);
    }
    net_learn_from(prepared, standardised);
    for (i = 0; values != NULL && i < NET_OUTPUTS; i++) {
        values[i] = NET_ANSWER[i] * NET_FLASH_FLOAT(net_deviation + i) + NET_FLASH_FLOAT(net_mean + i);
    }
    return 0;
}

#endif
