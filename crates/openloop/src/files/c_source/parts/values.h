typedef const float *net_target_t;

/* The target of output i. */
NET_PART float net_target(net_target_t values, size_t i)
{
    return values[i];
}

/* values -= t */
NET_PART void net_subtract_target(float *values, net_target_t targets)
{
    size_t i;
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] -= targets[i];
    }
}
