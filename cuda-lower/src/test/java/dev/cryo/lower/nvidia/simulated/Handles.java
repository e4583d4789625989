package dev.cryo.lower.nvidia.simulated;

import dev.cryo.lower.nvidia.driver.DriverException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The objects that have handles; a handle is never given twice. Thread-safe. */
final class Handles {
    private final AtomicLong last = new AtomicLong(0x5000_0000);
    private final Map<Long, Object> objects = new ConcurrentHashMap<>();

    long next() {
        return last.addAndGet(0x10);
    }

    void add(long handle, Object object) {
        objects.put(handle, object);
    }

    void remove(long handle) {
        objects.remove(handle);
    }

    /**
     * The object of a handle.
     *
     * @param otherwise the error if there is none of its kind
     */
    <T> T get(long handle, Class<T> kind, int otherwise) throws DriverException {
        Object object = objects.get(handle);
        if (!kind.isInstance(object)) {
            throw new DriverException(
                    otherwise, "0x" + Long.toHexString(handle) + " is no " + kind.getSimpleName() + " but " + object);
        }
        return kind.cast(object);
    }

    <T> List<T> all(Class<T> kind) {
        return objects.values().stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
