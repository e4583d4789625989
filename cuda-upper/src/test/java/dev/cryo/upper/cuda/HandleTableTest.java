package dev.cryo.upper.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cryo.upper.fake.Rig;
import org.junit.jupiter.api.Test;

class HandleTableTest {
    private final HandleTable handles = new HandleTable();
    private final Context context = Rig.start().context();

    private Stream put(long id) {
        Stream stream = new Stream(id, context, 0, 0);
        handles.put(stream);
        return stream;
    }

    @Test
    void aHandleIsNeverReused() {
        Stream first = put(handles.reserve());
        assertThat(handles.get(first.id())).isSameAs(first);
        assertThat(handles.remove(first)).isTrue();
        assertThat(handles.remove(first)).isFalse();
        Stream second = put(handles.reserve());
        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(handles.get(first.id())).isNull();
        assertThat(handles.get(second.id())).isSameAs(second);
    }

    @Test
    void numbersThatMeanSomethingElseAreNoHandles() {
        long first = handles.reserve();
        assertThat(first).isGreaterThan(2);
        put(first);
        assertThat(handles.get(0)).isNull();
        assertThat(handles.get(1)).isNull();
        assertThat(handles.get(-1)).isNull();
        assertThat(handles.get(Long.MIN_VALUE)).isNull();
    }

    @Test
    void holdsMoreThanItBeganWith() {
        Stream[] streams = new Stream[1000];
        for (int i = 0; i < streams.length; i++) {
            streams[i] = put(handles.reserve());
        }
        for (Stream stream : streams) {
            assertThat(handles.get(stream.id())).isSameAs(stream);
        }
    }

    @Test
    void handlesOfAnEarlierProcessStayTrueAndAreNotHandedOutAgain() {
        HandleTable earlier = new HandleTable();
        for (int i = 0; i < 10; i++) {
            earlier.reserve();
        }
        Stream adopted = new Stream(earlier.reserve(), context, 0, 0);
        handles.putEarlier(adopted);
        assertThat(handles.get(adopted.id())).isSameAs(adopted);
        for (int i = 0; i < 100; i++) {
            assertThat(put(handles.reserve()).id()).isGreaterThan(adopted.id());
        }
        assertThat(handles.get(adopted.id())).isSameAs(adopted);
    }
}
