#if !defined(NET_INFER_ONLY)

/* A byte of the saved state. */
NET_PART uint8_t net_state_byte(size_t place)
{
    return net_byte(net_bits(net_parameters[place / 4u]), place % 4u);
}

NET_PART int net_can_be_saved(void)
{
    return net_all_finite(net_parameters, NET_PARAMETERS);
}

NET_PART float net_saved_weight(net_get_t get, void *context, size_t i)
{
    return net_float(net_get_word(get, context, NET_HEAD_BYTES + 4u * (uint32_t)i));
}

/* 0, or NET_DAMAGED where a weight is infinite or no number. */
NET_PART int32_t net_check_state(net_get_t get, void *context)
{
    size_t i;
    for (i = 0; i < NET_PARAMETERS; i++) {
        if (!net_is_finite(net_saved_weight(get, context, i))) {
            return NET_DAMAGED;
        }
    }
    return 0;
}

NET_PART void net_take_state(net_get_t get, void *context)
{
    size_t i;
    for (i = 0; i < NET_PARAMETERS; i++) {
        net_parameters[i] = net_saved_weight(get, context, i);
    }
}

#endif
