package dev.cryo.streamlog.codec;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The stable number by which a record of a {@link Vocabulary} is known on the wire and in images; never reused. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Opcode {
    /** Between 1 and 65535. */
    int value();
}
