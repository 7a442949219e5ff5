/* What is projected: softmax of the layer's own answer, less t. */
NET_PART void net_fill(const net_layer_t *layer, const int8_t *a, int32_t *values, uint32_t label)
{
    int32_t size;
    size_t i;
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = net_row_product(layer, i, a, &size);
    }
    net_softmax(values, (uint8_t)(14u + layer->feedback_bits));
    values[label] -= INT32_C(32768);
}
