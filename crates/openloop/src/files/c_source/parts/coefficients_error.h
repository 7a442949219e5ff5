/* What is projected: y - t. */
NET_PART void net_fill(float *values, net_target_t target)
{
    net_subtract_target(values, target);
}
