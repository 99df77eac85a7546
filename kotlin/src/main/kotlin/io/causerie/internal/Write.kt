package io.causerie.internal

import io.causerie.Attachment
import io.causerie.ConversationChanges
import io.causerie.Durability
import io.causerie.EventFilter
import io.causerie.EventKind
import io.causerie.LogLevel
import io.causerie.MessageTarget
import io.causerie.NetworkHint
import io.causerie.NewConversation
import io.causerie.NewMessage
import io.causerie.TimelineStart
import io.causerie.Unsent
import io.causerie.internal.border.StartKind
import io.causerie.internal.border.Attachment as FfiAttachment
import io.causerie.internal.border.ConversationChanges as FfiConversationChanges
import io.causerie.internal.border.Durability as FfiDurability
import io.causerie.internal.border.EventFilter as FfiEventFilter
import io.causerie.internal.border.EventKind as FfiEventKind
import io.causerie.internal.border.LogLevel as FfiLogLevel
import io.causerie.internal.border.MessageTarget as FfiMessageTarget
import io.causerie.internal.border.NetworkHint as FfiNetworkHint
import io.causerie.internal.border.NewConversation as FfiNewConversation
import io.causerie.internal.border.NewMessage as FfiNewMessage
import io.causerie.internal.border.TimelineStart as FfiTimelineStart
import io.causerie.internal.border.Unsent as FfiUnsent

internal fun NewMessage.write(): FfiNewMessage =
    FfiNewMessage(text, objectJson, kind, attachments.map { it.write() }, replyTo, mentions, metadataJson)

private fun Attachment.write() =
    FfiAttachment(mediaId, name, contentType, size, sha256, width, height, blurhash, durationMs, waveform)

internal fun NewConversation.write(): FfiNewConversation = FfiNewConversation(kind, title, members, history)

internal fun ConversationChanges.write(): FfiConversationChanges =
    FfiConversationChanges(title, avatar, settingsJson)

internal fun MessageTarget.write(): FfiMessageTarget =
    when (this) {
        is MessageTarget.Id -> FfiMessageTarget(messageId, null)
        is MessageTarget.Key -> FfiMessageTarget(null, key)
    }

internal fun TimelineStart.write(): FfiTimelineStart =
    when (this) {
        TimelineStart.Newest -> FfiTimelineStart(StartKind.NEWEST, null)
        is TimelineStart.At -> FfiTimelineStart(StartKind.AT, seq)
    }

internal fun EventFilter.write(): FfiEventFilter = FfiEventFilter(kinds.map { it.write() }, conversationId)

private fun EventKind.write() =
    when (this) {
        EventKind.Connection -> FfiEventKind.CONNECTION
        EventKind.Typing -> FfiEventKind.TYPING
        EventKind.Cursors -> FfiEventKind.CURSORS
        EventKind.Users -> FfiEventKind.USERS
        EventKind.Server -> FfiEventKind.SERVER
        EventKind.Fault -> FfiEventKind.FAULT
    }

internal fun NetworkHint.write(): FfiNetworkHint =
    when (this) {
        NetworkHint.Changed -> FfiNetworkHint.CHANGED
        NetworkHint.Lost -> FfiNetworkHint.LOST
    }

internal fun Durability.write(): FfiDurability =
    when (this) {
        Durability.Process -> FfiDurability.PROCESS
        Durability.PowerLoss -> FfiDurability.POWER_LOSS
    }

internal fun Unsent.write(): FfiUnsent =
    when (this) {
        Unsent.Refuse -> FfiUnsent.REFUSE
        Unsent.Discard -> FfiUnsent.DISCARD
    }

internal fun LogLevel.write(): FfiLogLevel =
    when (this) {
        LogLevel.Error -> FfiLogLevel.ERROR
        LogLevel.Warn -> FfiLogLevel.WARN
        LogLevel.Info -> FfiLogLevel.INFO
        LogLevel.Debug -> FfiLogLevel.DEBUG
        LogLevel.Trace -> FfiLogLevel.TRACE
    }

internal fun FfiLogLevel.read(): LogLevel =
    when (this) {
        FfiLogLevel.ERROR -> LogLevel.Error
        FfiLogLevel.WARN -> LogLevel.Warn
        FfiLogLevel.INFO -> LogLevel.Info
        FfiLogLevel.DEBUG -> LogLevel.Debug
        FfiLogLevel.TRACE -> LogLevel.Trace
    }
