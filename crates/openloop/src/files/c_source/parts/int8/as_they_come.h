/* Inputs are taken as they come; in a byte. None where one is not finite. */
NET_PART const int8_t *net_prepare(const float *x)
{
    size_t i;
    for (i = 0; i < NET_INPUTS; i++) {
        if (!net_is_finite(x[i])) {
            return NULL;
        }
        net_x[i] = net_quantised(x[i]);
    }
    return NET_FRONT(net_x);
}
