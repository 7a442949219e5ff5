#if !defined(NET_INFER_ONLY)

NET_PART void net_learn_from(const float *x, net_target_t target)
{
    float decay = 1.0f;
    if (NET_HALF_AFTER > 0u) {
        decay = 1.0f + (float)net_samples / (float)NET_HALF_AFTER;
    }
    net_step(x, target, net_hidden_rate / decay, net_output_rate / decay);
    net_count(&net_health.learned);
    if (net_samples < UINT64_MAX) {
        net_samples += 1u;
    }
}

#endif

/* The outputs of the last call; after a learning step those from before it. */
NET_API const float *net_outputs(void)
{
    return NET_ANSWER;
}
