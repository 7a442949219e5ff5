/* What is projected: t. */
NET_PART void net_fill(const net_layer_t *layer, const int8_t *a, int32_t *values, uint32_t label)
{
    size_t i;
    (void)layer;
    (void)a;
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = 0;
    }
    values[label] = INT32_C(32768);
}
