#if !defined(NET_INFER_ONLY)

/* A save is a device blob of Openloop: `openloop eval`, `train --from` and `export` on a PC read it. Functions take and give it
   byte by byte, so that an EEPROM or a file needs no buffer; `context` is handed on. */
typedef void (*net_put_t)(void *context, uint32_t at, uint8_t byte);
typedef uint8_t (*net_get_t)(void *context, uint32_t at);

NET_PART uint32_t net_get_word(net_get_t get, void *context, uint32_t at)
{
    uint32_t word = 0, place;
    for (place = 0; place < 4u; place++) {
        word |= (uint32_t)get(context, at + place) << (8u * place);
    }
    return word;
}

#endif
