package dev.cryo.streamlog.call;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares that the call sets a slot of state: of several calls of one type whose key components are equal only the
 * last
 * one matters, and only as long as the objects it uses live.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Sets {
    /** The names of the components that form the slot's key. */
    String[] value();
}
