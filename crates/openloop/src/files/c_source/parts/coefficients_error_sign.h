/* What is projected: the sign of y - t. */
NET_PART void net_fill(float *values, net_target_t target)
{
    size_t i;
    net_subtract_target(values, target);
    for (i = 0; i < NET_OUTPUTS; i++) {
        float value = values[i];
        values[i] = value > 0.0f ? 1.0f : value < 0.0f ? -1.0f : value == 0.0f ? 0.0f : value;
    }
}
