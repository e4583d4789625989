package dev.cryo.streamlog.log;

import dev.cryo.streamlog.call.Call;
import dev.cryo.streamlog.call.CallDescriptor;
import dev.cryo.streamlog.call.ObjectKind;
import dev.cryo.streamlog.call.ObjectRef;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pruned log of calls. Replaying {@link #calls} on a fresh lower half gives the objects and the state that
 * replaying
 * every call ever appended would give; contents of memory are not its business.
 *
 * <p>Invariants:
 * <ol>
 *   <li>an entry is in the log exactly as long as all objects it uses and the first object it creates live; the end of
 *       another object that it creates is an entry of its own;
 *   <li>of entries that set the same slot only the last is in the log;
 *   <li>entries are in the order of their appending.
 * </ol>
 *
 * <p>Thread-safe. {@link #append} takes constant time for a call that creates or sets, and time in the number of
 * dropped
 * entries for one that destroys.
 */
public final class StreamLog {
    private Entry head = new Entry(null);
    private Map<ObjectRef, Entry> creators = new HashMap<>();
    private Map<Object, Entry> slots = new HashMap<>();
    private int size;
    /** A call that an error stopped the work on: of the rest only the list of entries can be trusted. */
    private @Nullable Call unfinished;

    /** An empty log. */
    public StreamLog() {}

    /** A log of the given calls, appended one by one. */
    public static StreamLog of(List<Call> calls) {
        StreamLog log = new StreamLog();
        calls.forEach(log::append);
        return log;
    }

    /**
     * Takes note of a call that succeeded; calls that change no object and no state leave the log as it is. If this
     * throws, the call is not in the log, even where memory or stack were used up in the middle of it.
     */
    @SuppressWarnings("unchecked")
    public void append(Call call) {
        CallDescriptor descriptor = CallDescriptor.of((Class<? extends Call>) call.getClass());
        // Most calls are not, and take no lock.
        if (descriptor.isLogged()) {
            note(call, descriptor);
        }
    }

    private synchronized void note(Call call, CallDescriptor descriptor) {
        repair();
        unfinished = call;
        try {
            apply(call, descriptor);
            unfinished = null;
        } catch (Error e) {
            // The call is in the log all the same: who looks at it next builds it anew, with more room.
        }
    }

    /** Builds all anew from the entries in the list, where an error has left the maps half-way. */
    private void repair() {
        Call last = unfinished;
        if (last == null) {
            return;
        }
        StreamLog fresh = new StreamLog();
        for (Entry entry = head.next; entry != head; entry = entry.next) {
            fresh.apply(entry.call());
        }
        fresh.apply(last);
        head = fresh.head;
        creators = fresh.creators;
        slots = fresh.slots;
        size = fresh.size;
        unfinished = null;
    }

    @SuppressWarnings("unchecked")
    private void apply(Call call) {
        apply(call, CallDescriptor.of((Class<? extends Call>) call.getClass()));
    }

    private void apply(Call call, CallDescriptor descriptor) {
        for (ObjectRef destroyed : descriptor.destroys(call)) {
            destroy(destroyed, call);
        }
        List<ObjectRef> created = descriptor.creates(call);
        Optional<Object> slot = descriptor.slot(call);
        if (created.isEmpty() && slot.isEmpty()) {
            return;
        }
        created.forEach(object -> drop(creators.get(object))); // An object of an id that is used again has ended.
        List<ObjectRef> used = descriptor.uses(call);
        if (!creators.keySet().containsAll(used)) {
            return; // An object ended while the call was on its way: nothing of the call is left to rebuild.
        }
        Entry entry = new Entry(call);
        used.forEach(object -> entry.dependsOn(Objects.requireNonNull(creators.get(object))));
        link(entry);
        for (ObjectRef object : created) {
            creators.put(object, entry);
            entry.created.add(object);
        }
        slot.ifPresent(key -> {
            drop(slots.put(key, entry));
            entry.slot = key;
        });
    }

    private void destroy(ObjectRef object, Call call) {
        Entry creator = creators.get(object);
        if (creator == null || creator.created.getFirst().equals(object)) {
            drop(creator);
            return;
        }
        // The call that created it is needed for the other objects, so a replay has to destroy this one again.
        for (Entry dependant : List.copyOf(creator.dependants)) {
            if (dependant.uses(object)) {
                drop(dependant);
            }
        }
        creators.remove(object);
        creator.created.remove(object);
        Entry end = new Entry(call);
        end.dependsOn(creator);
        link(end);
    }

    /** The calls that a fresh lower half must execute, in order. */
    public synchronized List<Call> calls() {
        repair();
        List<Call> calls = new ArrayList<>(size);
        for (Entry entry = head.next; entry != head; entry = entry.next) {
            calls.add(entry.call());
        }
        return calls;
    }

    /** The number of calls in the log. */
    public synchronized int size() {
        repair();
        return size;
    }

    /** Whether the log knows an object as live. */
    public synchronized boolean isLive(ObjectRef object) {
        repair();
        return creators.containsKey(object);
    }

    /** The live objects of a kind, in the order of their creation. */
    public synchronized List<ObjectRef> live(ObjectKind kind) {
        repair();
        List<ObjectRef> live = new ArrayList<>();
        for (Entry entry = head.next; entry != head; entry = entry.next) {
            entry.created.stream().filter(object -> object.kind() == kind).forEach(live::add);
        }
        return live;
    }

    private void drop(@Nullable Entry first) {
        if (first == null) {
            return;
        }
        ArrayDeque<Entry> doomed = new ArrayDeque<>(List.of(first));
        while (!doomed.isEmpty()) {
            Entry entry = doomed.removeLast();
            doomed.addAll(entry.dependants);
            unlink(entry);
        }
    }

    private void link(Entry entry) {
        entry.insertBefore(head);
        size++;
    }

    private void unlink(Entry entry) {
        if (!entry.remove()) {
            return;
        }
        size--;
        entry.created.forEach(object -> creators.remove(object, entry));
        if (entry.slot != null) {
            slots.remove(entry.slot, entry);
        }
    }

    /** A node of the list of entries and of the graph of their dependencies. */
    private static final class Entry {
        private final @Nullable Call call;
        private final List<ObjectRef> created = new ArrayList<>(1);
        private final List<Entry> dependencies = new ArrayList<>(1);
        private final Set<Entry> dependants = new LinkedHashSet<>(1);
        private @Nullable Object slot;
        private Entry previous = this;
        private Entry next = this;

        Entry(@Nullable Call call) {
            this.call = call;
        }

        Call call() {
            return Objects.requireNonNull(call);
        }

        @SuppressWarnings("unchecked")
        boolean uses(ObjectRef object) {
            return CallDescriptor.of((Class<? extends Call>) call().getClass())
                    .uses(call())
                    .contains(object);
        }

        void dependsOn(Entry creator) {
            dependencies.add(creator);
            creator.dependants.add(this);
        }

        void insertBefore(Entry other) {
            previous = other.previous;
            next = other;
            previous.next = this;
            other.previous = this;
        }

        boolean remove() {
            if (next == this) {
                return false;
            }
            previous.next = next;
            next.previous = previous;
            previous = this;
            next = this;
            dependencies.forEach(creator -> creator.dependants.remove(this));
            dependencies.clear();
            return true;
        }
    }
}
