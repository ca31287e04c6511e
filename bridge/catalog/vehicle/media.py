"""Media (entities.md G)."""

from __future__ import annotations

from bridge.catalog import convert
from bridge.catalog.builders import (
    binary_sensor,
    diagnostics,
    enum,
    group,
    hidden,
    number,
    sensor,
    topic,
)
from bridge.catalog.rows import Limits
from bridge.catalog.writes import sets

MEDIA = group(
    "media",
    (
        number(
            "media_volume",
            "Media volume",
            "vehicle_state.media_info.audio_volume",
            Limits(
                minimum=0,
                maximum=11,
                step=0.1,
                maximum_from="media_volume_maximum",
                step_from="media_volume_step",
            ),
            sets("adjust_volume", "volume"),
            read=convert.rounded(2),
            enabled=False,
            icon="mdi:volume-high",
            stream="MediaAudioVolume",
        ),
        topic(
            "media_volume_maximum",
            "Media volume maximum",
            "vehicle_state.media_info.audio_volume_max",
            read=convert.rounded(2),
            stream="MediaAudioVolumeMax",
        ),
        topic(
            "media_volume_step",
            "Media volume step",
            "vehicle_state.media_info.audio_volume_increment",
            read=convert.rounded(3),
            stream="MediaAudioVolumeIncrement",
        ),
        *hidden(
            enum(
                "media_status",
                "Media status",
                "vehicle_state.media_info.media_playback_status",
                "stopped playing paused",
                icon="mdi:play-pause",
                stream="MediaPlaybackStatus",
            ),
            sensor(
                "media_title",
                "Media title",
                "vehicle_state.media_info.now_playing_title",
                stream="MediaNowPlayingTitle",
            ),
            sensor(
                "media_artist",
                "Media artist",
                "vehicle_state.media_info.now_playing_artist",
                stream="MediaNowPlayingArtist",
            ),
            sensor(
                "media_album",
                "Media album",
                "vehicle_state.media_info.now_playing_album",
                stream="MediaNowPlayingAlbum",
            ),
            sensor(
                "media_station",
                "Media station",
                "vehicle_state.media_info.now_playing_station",
                stream="MediaNowPlayingStation",
            ),
            sensor(
                "media_source",
                "Media source",
                "vehicle_state.media_info.now_playing_source",
                stream="MediaPlaybackSource",
            ),
            sensor("media_device", "Media device", "vehicle_state.media_info.a2dp_source_name"),
            sensor(
                "media_duration",
                "Media duration",
                "vehicle_state.media_info.now_playing_duration",
                read=convert.scaled(1 / 1000),
                unit="s",
                device_class="duration",
                stream="MediaNowPlayingDuration",
            ),
            sensor(
                "media_position",
                "Media position",
                "vehicle_state.media_info.now_playing_elapsed",
                read=convert.scaled(1 / 1000),
                unit="s",
                device_class="duration",
                stream="MediaNowPlayingElapsed",
            ),
        ),
        *diagnostics(
            binary_sensor(
                "media_remote_control",
                "Media remote control",
                "vehicle_state.media_state.remote_control_enabled",
            ),
        ),
    ),
)
