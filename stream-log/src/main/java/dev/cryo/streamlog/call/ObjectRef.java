package dev.cryo.streamlog.call;

import java.util.Locale;

/**
 * Names an object of the lower half.
 *
 * @param id its virtual id or its address
 */
public record ObjectRef(ObjectKind kind, long id) {
    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + " 0x" + Long.toHexString(id);
    }
}
