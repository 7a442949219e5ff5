#if !defined(NET_INFER_ONLY)

/* A byte of the saved state. */
NET_PART uint8_t net_state_byte(size_t place)
{
    return place < NET_PARAMETERS ? (uint8_t)net_parameters[place] : 0u;
}

NET_PART int net_can_be_saved(void)
{
    return 1;
}

/* 0: every byte is a weight. */
NET_PART int32_t net_check_state(net_get_t get, void *context)
{
    (void)get;
    (void)context;
    return 0;
}

NET_PART void net_take_state(net_get_t get, void *context)
{
    size_t i;
    for (i = 0; i < NET_PARAMETERS; i++) {
        uint8_t byte = get(context, NET_HEAD_BYTES + (uint32_t)i);
        net_parameters[i] = (int8_t)(byte < 128u ? (int)byte : (int)byte - 256);
    }
}

#endif
