/* What is projected: t, while the layer's output is not 0.6 of the way to its class; else nothing. */
NET_PART void net_fill(const net_layer_t *layer, const int8_t *a, int32_t *values, uint32_t label)
{
    int32_t size, sum = net_row_product(layer, (size_t)label, a, &size);
    size_t i;
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = 0;
    }
    if (-(int64_t)sum * 100 < (int64_t)size * 127 * 60) {
        values[label] = INT32_C(32768);
    }
}
