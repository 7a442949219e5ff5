/* The sum, at the end of the range where it would leave it. */
NET_PART int32_t net_plus(int32_t a, int32_t b)
{
    if (b > 0 && a > INT32_MAX - b) {
        return INT32_MAX;
    }
    return b < 0 && a < INT32_MIN - b ? INT32_MIN : a + b;
}

/* below = W values: the signals at a layer's sums at its inputs, through its weights. */
NET_PART void net_send_down(const net_layer_t *layer, const int8_t *own, const int32_t *values, int32_t *below)
{
    size_t first, i, j, width;
    for (j = 0; j < layer->inputs; j++) {
        below[j] = 0;
    }
    for (first = 0; first < layer->outputs; first += width) {
        const int8_t *row = own + first * (layer->inputs + 1u);
        width = net_width(first, layer->outputs);
        for (j = 0; j < layer->inputs; j++) {
            int32_t sum = (INT32_C(1) << layer->weight_bits) >> 1;
            for (i = 0; i < width; i++) {
                sum += (int32_t)row[i] * values[first + i];
            }
            below[j] = net_plus(below[j], sum >> layer->weight_bits);
            row += width;
        }
    }
}

/* values = values (1 - a^2) */
NET_PART void net_gate(int32_t *values, const int8_t *a, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        values[i] = net_gated(values[i], a[i]);
    }
}
