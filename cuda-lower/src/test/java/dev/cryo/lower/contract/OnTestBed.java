package dev.cryo.lower.contract;

/** A test class whose tests use devices of a bed. */
interface OnTestBed {
    TestBed bed();
}
