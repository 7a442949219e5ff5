typedef uint32_t net_target_t;

/* The target of output i: 1 at the label, 0 elsewhere. */
NET_PART float net_target(net_target_t label, size_t i)
{
    return i == label ? 1.0f : 0.0f;
}

/* values -= t */
NET_PART void net_subtract_target(float *values, net_target_t label)
{
    values[label] -= 1.0f;
}
