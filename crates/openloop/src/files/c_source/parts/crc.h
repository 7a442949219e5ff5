/* CRC-32 as zlib has it, four bits at a time. */
static const uint32_t net_crc_table[16] NET_FLASH = {
    UINT32_C(0x00000000), UINT32_C(0x1db71064), UINT32_C(0x3b6e20c8), UINT32_C(0x26d930ac),
    UINT32_C(0x76dc4190), UINT32_C(0x6b6b51f4), UINT32_C(0x4db26158), UINT32_C(0x5005713c),
    UINT32_C(0xedb88320), UINT32_C(0xf00f9344), UINT32_C(0xd6d6a3e8), UINT32_C(0xcb61b38c),
    UINT32_C(0x9b64c2b0), UINT32_C(0x86d3d2d4), UINT32_C(0xa00ae278), UINT32_C(0xbdbdf21c),
};

NET_PART uint32_t net_crc_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    crc = (crc >> 4) ^ NET_FLASH_WORD(net_crc_table + (crc & 15u));
    return (crc >> 4) ^ NET_FLASH_WORD(net_crc_table + (crc & 15u));
}

/* The byte of a little-endian number. */
NET_PART uint8_t net_byte(uint32_t word, size_t place)
{
    return (uint8_t)((word >> (8u * place)) & 255u);
}

/* The checksum goes on with the bytes of a word. */
NET_PART uint32_t net_crc_word(uint32_t crc, uint32_t word)
{
    size_t place;
    for (place = 0; place < 4u; place++) {
        crc = net_crc_byte(crc, net_byte(word, place));
    }
    return crc;
}
