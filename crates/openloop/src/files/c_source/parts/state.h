#if !defined(NET_INFER_ONLY)

/* The learning rates at the start, which a program may change at any time. */
static float net_hidden_rate = NET_HIDDEN_RATE, net_output_rate = NET_OUTPUT_RATE;

static uint64_t net_samples;  /* samples learned from, on any device or PC */
static uint32_t net_sequence; /* the number of the last save */
static uint8_t net_is_ready;

/* Forgets what was learned here: the network is again as it was exported. */
NET_API void net_reset(void)
{
    size_t i;
    for (i = 0; i < NET_PARAMETERS; i++) {
        net_parameters[i] = NET_EXPORTED(net_initial + i);
    }
    memset(&net_health, 0, sizeof net_health);
    net_samples = NET_SAMPLES;
    net_sequence = 0;
    net_is_ready = 1u;
}

/* The first call of any function brings the weights into RAM. */
NET_PART void net_begin(void)
{
    if (!net_is_ready) {
        net_reset();
    }
}

#else

NET_PART void net_begin(void)
{
}

#endif
