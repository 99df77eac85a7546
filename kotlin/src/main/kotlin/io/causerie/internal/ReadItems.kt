package io.causerie.internal

import io.causerie.Attachment
import io.causerie.ConnectionState
import io.causerie.ConversationItem
import io.causerie.LastMessage
import io.causerie.Member
import io.causerie.MembersPage
import io.causerie.OutboxEntry
import io.causerie.Reaction
import io.causerie.ReadCursor
import io.causerie.SendState
import io.causerie.TimelineItem
import io.causerie.User
import io.causerie.internal.border.ConnectionKind
import io.causerie.internal.border.ConnectionStatus
import io.causerie.internal.border.ConversationEntry
import io.causerie.internal.border.SendKind
import io.causerie.internal.border.SendStatus
import io.causerie.internal.border.Attachment as FfiAttachment
import io.causerie.internal.border.LastMessage as FfiLastMessage
import io.causerie.internal.border.Member as FfiMember
import io.causerie.internal.border.MembersPage as FfiMembersPage
import io.causerie.internal.border.OutboxEntry as FfiOutboxEntry
import io.causerie.internal.border.Reaction as FfiReaction
import io.causerie.internal.border.ReadCursor as FfiReadCursor
import io.causerie.internal.border.TimelineItem as FfiTimelineItem
import io.causerie.internal.border.User as FfiUser

internal fun ConnectionStatus.read(): ConnectionState =
    when (kind) {
        ConnectionKind.DISCONNECTED -> ConnectionState.Disconnected
        ConnectionKind.CONNECTING -> ConnectionState.Connecting
        ConnectionKind.AUTHENTICATING -> ConnectionState.Authenticating
        ConnectionKind.LIVE -> ConnectionState.Live
        ConnectionKind.WAITING ->
            ConnectionState.Waiting((attempt ?: 1).toInt(), retryInMs ?: 0, reason.orEmpty())
        ConnectionKind.SIGN_IN_NEEDED -> ConnectionState.SignInNeeded(reason.orEmpty())
        ConnectionKind.SUSPENDED -> ConnectionState.Suspended
        ConnectionKind.CLOSED -> ConnectionState.Closed(reason.orEmpty())
    }

internal fun SendStatus.read(): SendState =
    when (kind) {
        SendKind.QUEUED -> SendState.Queued
        SendKind.SENT -> SendState.Sent(seq)
        SendKind.FAILED -> SendState.Failed(code.orEmpty(), message.orEmpty())
    }

internal fun ConversationEntry.read(): ConversationItem =
    ConversationItem(
        conversationId = conversationId,
        kind = kind,
        groupId = groupId,
        title = title,
        avatar = avatar,
        peerId = peerId,
        membership = membership,
        role = role,
        membersCount = membersCount,
        unread = unread,
        mentionsUnread = mentionsUnread,
        muted = muted,
        archived = archived,
        pinned = pinned,
        last = last?.read(),
        updatedAt = updatedAt,
        pendingKey = pendingKey,
        draft = draft,
    )

private fun FfiLastMessage.read() =
    LastMessage(messageId, seq, senderId, kind, text, createdAt, deletedAt)

internal fun FfiTimelineItem.read(): TimelineItem =
    TimelineItem(
        key = key,
        conversationId = conversationId,
        messageId = messageId,
        tempId = tempId,
        seq = seq,
        senderId = senderId,
        kind = kind,
        text = text,
        objectJson = `object`,
        attachments = attachments.map { it.read() },
        replyTo = replyTo,
        mentions = mentions,
        metadataJson = metadata,
        createdAt = createdAt,
        editedAt = editedAt,
        deletedAt = deletedAt,
        reactions = reactions.map { it.read() },
        send = send?.read(),
        pendingChange = pendingChange,
    )

private fun FfiReaction.read() = Reaction(emoji, count, me, userIds)

private fun FfiAttachment.read() =
    Attachment(mediaId, name, contentType, size, sha256, width, height, blurhash, durationMs, waveform)

internal fun FfiOutboxEntry.read(): OutboxEntry =
    OutboxEntry(
        key = key,
        conversationId = conversationId,
        kind = kind,
        text = text,
        targetKey = targetKey,
        targetMessageId = targetMessageId,
        emoji = emoji,
        userIds = userIds,
        createdAt = createdAt,
        state = status.read(),
    )

internal fun FfiUser.read(): User = User(userId, name, avatar)

internal fun FfiReadCursor.read(): ReadCursor = ReadCursor(userId, seq, deliveredSeq)

internal fun FfiMembersPage.read(): MembersPage = MembersPage(members.map { it.read() }, cursor)

private fun FfiMember.read() = Member(userId, role, joinedAt)
