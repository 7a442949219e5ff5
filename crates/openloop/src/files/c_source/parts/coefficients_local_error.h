/* What is projected: softmax of the layer's own answer, less t. */
NET_PART void net_fill(float *values, net_target_t target)
{
    net_softmax(values, NET_OUTPUTS);
    net_subtract_target(values, target);
}
