/* x' = (x - offset) scale, bounded to 8, so that a single wrong reading does no lasting harm; in a byte. None where x is not
   finite. */
NET_PART const int8_t *net_prepare(const float *x)
{
    size_t i;
    for (i = 0; i < NET_INPUTS; i++) {
        float y = (x[i] - NET_FLASH_FLOAT(net_offset + i / (NET_INPUTS / NET_OFFSETS)))
                  * NET_FLASH_FLOAT(net_scale + i / (NET_INPUTS / NET_SCALES));
        if (net_is_finite(x[i])) {
            y = y > 8.0f ? 8.0f : y < -8.0f ? -8.0f : y;
        }
        if (!net_is_finite(y)) {
            return NULL;
        }
        net_x[i] = net_quantised(y);
    }
    return NET_FRONT(net_x);
}
