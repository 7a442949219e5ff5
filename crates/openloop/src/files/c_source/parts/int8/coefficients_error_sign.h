/* What is projected: the sign of y - t. */
NET_PART void net_fill_from_error(int32_t *values)
{
    size_t i;
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = values[i] > 0 ? INT32_C(32768) : values[i] < 0 ? -INT32_C(32768) : 0;
    }
}
