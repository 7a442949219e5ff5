/* a times a row of the layer's matrix; `size` becomes the sum of the row's absolute values. */
NET_PART int32_t net_row_product(const net_layer_t *layer, size_t row, const int8_t *a, int32_t *size)
{
    int32_t sum = 0;
    size_t i;
    *size = 0;
    for (i = 0; i < layer->outputs; i++) {
        int32_t g = net_fixed(layer, row, i);
        sum += (int32_t)a[i] * g;
        *size += g < 0 ? -g : g;
    }
    return sum;
}
