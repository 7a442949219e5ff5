/* The value of a layer's fixed random matrix, drawn from the seed: an odd number from -127 to 127. */
NET_PART int32_t net_fixed(const net_layer_t *layer, size_t row, size_t column)
{
    uint32_t words = (uint32_t)((layer->outputs + 3u) / 4u);
    uint32_t word = net_mix(layer->feedback_key + (uint32_t)row * words + (uint32_t)(column / 4u));
    uint32_t byte = ((word >> (8u * (column % 4u))) & 255u) | 1u;
    return byte < 128u ? (int32_t)byte : (int32_t)byte - 256;
}

/* The signal at some of the layer's neurons: coefficients times the matrix, in units of 2^-15. */
NET_PART void net_project(const net_layer_t *layer, const int32_t *c, size_t first, int32_t *signal, size_t count)
{
    size_t row, i;
    for (i = 0; i < count; i++) {
        signal[i] = 0;
    }
    for (row = 0; row < NET_OUTPUTS; row++) {
        if (c[row] != 0) {
            for (i = 0; i < count; i++) {
                signal[i] += (c[row] * net_fixed(layer, row, first + i)) >> 7;
            }
        }
    }
}
