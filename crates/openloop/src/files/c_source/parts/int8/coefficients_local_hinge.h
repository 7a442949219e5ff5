/* What is projected: 1 at the strongest rival and -1 at the label, while the label is less than 3 ahead of it; else nothing. */
NET_PART void net_fill(const net_layer_t *layer, const int8_t *a, int32_t *values, uint32_t label)
{
    int32_t size, lead = 0;
    size_t i, rival = NET_OUTPUTS;
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = net_row_product(layer, i, a, &size);
    }
    for (i = 0; i < NET_OUTPUTS; i++) {
        if (i != label && (rival == NET_OUTPUTS || values[i] > values[rival])) {
            rival = i;
        }
    }
    if (rival < NET_OUTPUTS) {
        lead = values[label] - values[rival];
    }
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = 0;
    }
    if (rival < NET_OUTPUTS && lead < INT32_C(3) << (14u + layer->feedback_bits)) {
        values[rival] = INT32_C(32768);
        values[label] -= INT32_C(32768);
    }
}
