/* z becomes e^z / sum e^z; the largest is subtracted first. */
NET_PART void net_softmax(float *z, size_t count)
{
    float largest = z[0], sum = 0.0f;
    size_t i;
    for (i = 1; i < count; i++) {
        largest = z[i] > largest ? z[i] : largest;
    }
    for (i = 0; i < count; i++) {
        z[i] = net_exp(z[i] - largest);
        sum += z[i];
    }
    for (i = 0; i < count; i++) {
        z[i] /= sum;
    }
}
