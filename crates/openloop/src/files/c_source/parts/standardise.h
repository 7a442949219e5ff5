static float net_x[NET_INPUTS];

/* x' = (x - offset) scale, bounded to 8, so that a single wrong reading does no lasting harm. None where x is not finite. */
NET_PART const float *net_prepare(const float *x)
{
    size_t i;
    for (i = 0; i < NET_INPUTS; i++) {
        float y = (x[i] - NET_FLASH_FLOAT(net_offset + i / (NET_INPUTS / NET_OFFSETS)))
                  * NET_FLASH_FLOAT(net_scale + i / (NET_INPUTS / NET_SCALES));
        if (net_is_finite(x[i])) {
            y = y > 8.0f ? 8.0f : y < -8.0f ? -8.0f : y;
        }
        net_x[i] = y;
    }
    return net_all_finite(net_x, NET_INPUTS) ? net_x : NULL;
}
