"""What different pictures share (captions, frames, watermarks, an app, a letterhead) must not make them one."""
