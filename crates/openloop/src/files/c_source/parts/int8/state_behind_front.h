#if !defined(NET_INFER_ONLY)

/* A byte of the saved state: the weights of the front as a PC has them, then a byte for each that learns. */
NET_PART uint8_t net_state_byte(size_t place)
{
    if (place < sizeof net_front_floats) {
        return net_byte(net_bits(NET_FLASH_FLOAT(net_front_floats + place / 4u)), place % 4u);
    }
    place -= sizeof net_front_floats;
    return place < NET_PARAMETERS ? (uint8_t)net_parameters[place] : 0u;
}

NET_PART int net_can_be_saved(void)
{
    return 1;
}

/* 0, or NET_OTHER_NETWORK where the front is another. */
NET_PART int32_t net_check_state(net_get_t get, void *context)
{
    size_t place;
    for (place = 0; place < sizeof net_front_floats; place++) {
        if (get(context, NET_HEAD_BYTES + (uint32_t)place) != net_state_byte(place)) {
            return NET_OTHER_NETWORK;
        }
    }
    return 0;
}

NET_PART void net_take_state(net_get_t get, void *context)
{
    uint32_t first = NET_HEAD_BYTES + (uint32_t)sizeof net_front_floats;
    size_t i;
    for (i = 0; i < NET_PARAMETERS; i++) {
        uint8_t byte = get(context, first + (uint32_t)i);
        net_parameters[i] = (int8_t)(byte < 128u ? (int)byte : (int)byte - 256);
    }
}

#endif
