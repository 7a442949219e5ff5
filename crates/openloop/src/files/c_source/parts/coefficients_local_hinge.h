/* What is projected: 1 at the strongest rival and -1 at the label, while the label is less than 3 ahead of it; else nothing. */
NET_PART void net_fill(float *values, net_target_t label)
{
    size_t i, rival = NET_OUTPUTS;
    float lead = 0.0f;
    for (i = 0; i < NET_OUTPUTS; i++) {
        if (i != label && (rival == NET_OUTPUTS || values[i] > values[rival])) {
            rival = i;
        }
    }
    if (rival < NET_OUTPUTS) {
        lead = values[label] - values[rival];
    }
    for (i = 0; i < NET_OUTPUTS; i++) {
        values[i] = 0.0f;
    }
    if (rival < NET_OUTPUTS && lead < 3.0f) {
        values[rival] = 1.0f;
        values[label] -= 1.0f;
    }
}
