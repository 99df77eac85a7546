import type { JsonObject } from '../../api.js';
import { mistake } from '../../error.js';
import { Refusal } from '../link/fault.js';

/**
 * Makes of something that a renderer sent what it ought to be, or refuses. What it gives is built
 * anew, out of own properties that are asked for: nothing else comes through.
 */
export type Check<T> = (value: unknown, name: string) => T;

/** A check for each of some arguments. */
export type Checks<A extends readonly unknown[]> = { readonly [I in keyof A]: Check<A[I]> };

/** An id, a key, a word: longer than any that there is, and too short to harm. */
export const ID_LENGTH = 256;
/** Letters of a text; the client itself knows the real limit, and says so in its own words. */
const TEXT_LENGTH = 1 << 20;
/** Elements of a list. */
const LIST_LENGTH = 10_000;
const DEPTH = 64;
/** Values in a tree of JSON. */
const SIZE = 100_000;
/** Names that mean a prototype, where somebody assigns without care. */
const SPECIAL: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function refuse(name: string, what: string): never {
  // Never what was sent: it may be long, and what people wrote.
  throw new Refusal(mistake('invalid', `${name}: ${what}`));
}

function string(most: number): Check<string> {
  return (value, name) => {
    if (typeof value !== 'string') refuse(name, 'a string is wanted');
    if (value.length > most) refuse(name, `longer than ${most} letters`);
    return value;
  };
}

/** An id, a key or a word. */
export const id: Check<string> = string(ID_LENGTH);

/** What somebody wrote. */
export const text: Check<string> = string(TEXT_LENGTH);

/** True or false. */
export const flag: Check<boolean> = (value, name) =>
  typeof value === 'boolean' ? value : refuse(name, 'true or false is wanted');

/** A whole number from 0 on that a `number` holds exactly. */
export const count: Check<number> = (value, name) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : refuse(name, 'a whole number from 0 on is wanted');

/** One of some words. */
export function oneOf<const T extends string>(...words: readonly T[]): Check<T> {
  return (value, name) => words.find((word) => word === value) ?? refuse(name, `one of ${words.join(', ')} is wanted`);
}

/** What may be null, or not there. */
export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value, name) => (value === null || value === undefined ? null : check(value, name));
}

/** A list. */
export function list<T>(check: Check<T>): Check<T[]> {
  return (value, name) => {
    if (!Array.isArray(value)) refuse(name, 'a list is wanted');
    if (value.length > LIST_LENGTH) refuse(name, `longer than ${LIST_LENGTH}`);
    return Array.from(value, (item, place) => check(item, `${name}[${place}]`));
  };
}

/** What is not there, or null, stays away. */
type Shape<T> = { readonly [K in keyof T]-?: Check<T[K]> };

/** An object of which all but `wanted` may be missing. What it has beside that is left out. */
export function shape<T extends object>(checks: Shape<T>, wanted: readonly (keyof T & string)[] = []): Check<T> {
  return (value, name) => {
    if (!isRecord(value)) refuse(name, 'an object is wanted');
    const result: Record<string, unknown> = {};
    for (const [field, check] of Object.entries<Check<unknown>>(checks)) {
      const given = Object.hasOwn(value, field) ? value[field] : undefined;
      if (given !== undefined && given !== null) result[field] = check(given, `${name}.${field}`);
      else if (wanted.some((one) => one === field)) refuse(`${name}.${field}`, 'is missing');
    }
    return result as T;
  };
}

/** The first check that takes it; the fault is the last one's. */
export function either<A, B>(first: Check<A>, fits: (value: unknown) => boolean, second: Check<B>): Check<A | B> {
  return (value, name) => (fits(value) ? first(value, name) : second(value, name));
}

/** An object as JSON has it. */
export const object: Check<JsonObject> = (value, name) => {
  if (!isRecord(value)) refuse(name, 'an object is wanted');
  let size = 0;
  const copy = (part: unknown, depth: number): unknown => {
    if (depth > DEPTH) refuse(name, `deeper than ${DEPTH}`);
    if (++size > SIZE) refuse(name, `more than ${SIZE} values`);
    if (part === null || typeof part === 'boolean') return part;
    if (typeof part === 'string') return text(part, name);
    if (typeof part === 'number') return Number.isFinite(part) ? part : refuse(name, 'not a number of JSON');
    if (Array.isArray(part)) {
      if (part.length > SIZE) refuse(name, `more than ${SIZE} values`);
      return Array.from(part, (item) => copy(item, depth + 1));
    }
    if (!isRecord(part)) refuse(name, 'a value of JSON is wanted');
    const result: Record<string, unknown> = {};
    for (const [field, inner] of Object.entries(part)) {
      if (SPECIAL.has(field)) refuse(name, 'a name that is none of data');
      if (inner !== undefined) result[field] = copy(inner, depth + 1);
    }
    return result;
  };
  return copy(value, 0) as JsonObject;
};

/** Whether it is an object with names, and no list, map, date or anything else. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A clone's prototype may be another realm's.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
