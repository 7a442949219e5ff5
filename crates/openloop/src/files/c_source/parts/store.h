#if !defined(NET_INFER_ONLY)

/* A byte of the save before its state, as it was exported: head, layers, standardisation. */
NET_PART uint8_t net_fixed_byte(uint32_t at)
{
    size_t place;
    float value;
    if (at < sizeof net_head) {
        return NET_FLASH_BYTE(net_head + at);
    }
    place = (size_t)at - sizeof net_head;
    if (place / 4u < NET_OFFSETS) {
        value = NET_FLASH_FLOAT(net_offset + place / 4u);
    } else {
        value = NET_FLASH_FLOAT(net_scale + place / 4u - NET_OFFSETS);
    }
    return net_byte(net_bits(value), place % 4u);
}

/* A byte of the save, the checksum aside. */
NET_PART uint8_t net_save_byte(uint32_t at)
{
    if (at >= NET_HEAD_BYTES) {
        size_t place = (size_t)(at - NET_HEAD_BYTES);
        return net_state_byte(place);
    }
    if (at >= 20u && at < 24u) {
        return net_byte(net_sequence, (size_t)(at - 20u));
    }
    if (at >= 32u && at < 36u) {
        return net_byte((uint32_t)(net_samples & UINT32_MAX), (size_t)(at - 32u));
    }
    if (at >= 36u && at < 40u) {
        return net_byte((uint32_t)(net_samples >> 32), (size_t)(at - 36u));
    }
    if (at >= 40u && at < 44u) {
        return net_byte(net_bits(net_hidden_rate), (size_t)(at - 40u));
    }
    if (at >= 44u && at < 48u) {
        return net_byte(net_bits(net_output_rate), (size_t)(at - 44u));
    }
    return net_fixed_byte(at);
}

/* Gives what was learned to `put`, byte by byte, NET_SAVE_BYTES in all; gives their number, or NET_NOT_FINITE. */
NET_API int32_t net_save_to(net_put_t put, void *context)
{
    uint32_t crc = UINT32_MAX, at;
    net_begin();
    if (!net_can_be_saved()) {
        return NET_NOT_FINITE;
    }
    net_sequence += 1u;
    for (at = 0; at < NET_SAVE_BYTES - 4u; at++) {
        uint8_t byte = net_save_byte(at);
        crc = net_crc_byte(crc, byte);
        put(context, at, byte);
    }
    crc = ~crc;
    for (; at < NET_SAVE_BYTES; at++) {
        put(context, at, net_byte(crc, (size_t)(at - (NET_SAVE_BYTES - 4u))));
    }
    return (int32_t)NET_SAVE_BYTES;
}

/* Whether a byte at this place tells networks apart: sequence number, samples and rates do not. */
NET_PART int net_tells_apart(uint32_t at)
{
    return !((at >= 20u && at < 24u) || (at >= 32u && at < 48u) || (at >= 60u && at < 64u));
}

/* 0, or what is wrong with a save. */
NET_PART int32_t net_check_save(net_get_t get, void *context)
{
    uint32_t crc = UINT32_MAX, at, length;
    int is_other = 0;
    if (net_get_word(get, context, 0) != UINT32_C(0x424e4c4f)) {
        return NET_DAMAGED;
    }
    length = net_get_word(get, context, 16u);
    if (length != NET_SAVE_BYTES) {
        return NET_OTHER_NETWORK;
    }
    for (at = 0; at < NET_SAVE_BYTES - 4u; at++) {
        uint8_t byte = get(context, at);
        crc = net_crc_byte(crc, byte);
        if (at < NET_HEAD_BYTES && net_tells_apart(at) && byte != net_fixed_byte(at)) {
            is_other = 1;
        }
    }
    if (net_get_word(get, context, at) != ~crc) {
        return NET_DAMAGED;
    }
    return is_other ? NET_OTHER_NETWORK : net_check_state(get, context);
}

/* Takes back what was saved: gives the bytes read, or NET_DAMAGED or NET_OTHER_NETWORK, and nothing has changed then. The
   learning rates stay those of this program. */
NET_API int32_t net_load_from(net_get_t get, void *context)
{
    int32_t status;
    net_begin();
    status = net_check_save(get, context);
    if (status < 0) {
        return status;
    }
    net_sequence = net_get_word(get, context, 20u);
    net_samples = (uint64_t)net_get_word(get, context, 36u) << 32 | net_get_word(get, context, 32u);
    net_take_state(get, context);
    return (int32_t)NET_SAVE_BYTES;
}

NET_PART void net_put_in_buffer(void *context, uint32_t at, uint8_t byte)
{
    ((uint8_t *)context)[at] = byte;
}

NET_PART uint8_t net_get_from_buffer(void *context, uint32_t at)
{
    return (*(const uint8_t *const *)context)[at];
}

/* Saves into a buffer of `capacity` bytes: gives the bytes written, or NET_NO_ROOM or NET_NOT_FINITE. */
NET_API int32_t net_save(uint8_t *buffer, uint32_t capacity)
{
    return capacity < NET_SAVE_BYTES ? NET_NO_ROOM : net_save_to(net_put_in_buffer, buffer);
}

/* Loads from a buffer of `length` bytes, as net_load_from. */
NET_API int32_t net_load(const uint8_t *buffer, uint32_t length)
{
    return length < NET_SAVE_BYTES ? NET_DAMAGED : net_load_from(net_get_from_buffer, &buffer);
}

#endif
