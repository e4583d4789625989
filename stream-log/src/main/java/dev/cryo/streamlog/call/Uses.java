package dev.cryo.streamlog.call;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares that the call needs the live object that this component names; if the call creates others, they end with it.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Uses {
    /** The kind of object that the component, a {@code long}, names. */
    ObjectKind value();
}
