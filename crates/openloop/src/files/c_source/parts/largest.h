/* The class of the largest output, the first of equals. */
NET_PART int32_t net_largest(void)
{
    size_t i, best = 0;
    for (i = 1; i < NET_OUTPUTS; i++) {
        if (NET_ANSWER[i] > NET_ANSWER[best]) {
            best = i;
        }
    }
    return (int32_t)best;
}
