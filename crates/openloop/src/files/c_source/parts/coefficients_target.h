/* What is projected: t. */
NET_PART void net_fill(float *values, net_target_t label)
{
    size_t i;
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = 0.0f;
    }
    values[label] = 1.0f;
}
